// A headless Chromium on the node's page, with the wallet of keplr.ts in it.
import { accessSync, constants, mkdtempSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { validateBasicChainInfoType } from "@keplr-wallet/chain-validator";
import { build } from "esbuild";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { network } from "./network.js";
import type { Options } from "./keplr.js";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** Where screenshots of this run lie. */
export const SHOTS = mkdtempSync(join(tmpdir(), "aliquot-page-"));
const LIMIT = 600_000;

/** A folder whose files are taken instead of those that the node was built with. */
const OWN_PAGE = process.env.ALIQUOT_PAGE;

export async function launch(): Promise<Browser> {
  const args = ["--no-sandbox", "--disable-dev-shm-usage"];
  // To Chromium such a page comes from nowhere, which may not ask a gateway on loopback.
  if (OWN_PAGE) args.push("--disable-features=LocalNetworkAccessChecks");
  return chromium.launch({ executablePath: executable(), args });
}

function executable(): string {
  const named = process.env.CHROMIUM;
  const folders = (process.env.PATH ?? "").split(delimiter);
  const candidates = named ? [named] : NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = candidates.find(isProgram);
  if (!found) {
    const where = named ? `CHROMIUM names ${named}, which is no program` : `none of ${NAMES.join(", ")} is on the PATH`;
    throw new Error(`the page is tested in Chromium, and ${where}: install the package chromium, or set CHROMIUM`);
  }
  return found;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const wallet = build({
  entryPoints: [fileURLToPath(new URL("keplr.ts", import.meta.url))],
  bundle: true,
  write: false,
  format: "iife",
  globalName: "wallet",
});

/** The page as its visitor has it, and what the wallet was asked. */
export class Visit {
  /** Whether the owner agrees with what the wallet asks. */
  willing = true;
  readonly asked: Array<[what: string, details: string]> = [];
  /** What the browser complains of: refused scripts, exceptions. */
  readonly complaints: string[] = [];

  private constructor(readonly page: Page) {}

  /** `options`: none for a browser without a wallet. */
  static async start(browser: Browser, options?: Options, context: BrowserContextOptions = {}): Promise<Visit> {
    const page = await (await browser.newContext(context)).newPage();
    page.setDefaultTimeout(LIMIT);
    const visit = new Visit(page);
    page.on("pageerror", (error) => visit.complaints.push(String(error)));
    page.on("console", (line) => {
      // What is not there yet is asked for again.
      if (line.type() === "error" && !line.text().includes("status of 404")) visit.complaints.push(line.text());
    });
    if (options) await visit.inject(options);
    await visit.serveOwnFiles();
    await page.goto(`${network.rest}/`);
    return visit;
  }

  private async inject(options: Options): Promise<void> {
    await this.page.exposeFunction("checkChain", async (info: object) => {
      await validateBasicChainInfoType(info as Parameters<typeof validateBasicChainInfoType>[0]);
    });
    await this.page.exposeFunction("approve", (what: string, details: string) => {
      this.asked.push([what, details]);
      return this.willing;
    });
    const text = (await wallet).outputFiles[0]?.text ?? "";
    const content = `${text}\nwindow.keplr = new wallet.FakeKeplr(${JSON.stringify(options)});`;
    await this.page.addInitScript({ content });
  }

  private async serveOwnFiles(): Promise<void> {
    const folder = OWN_PAGE;
    if (!folder) return;
    for (const [path, file] of [
      ["/", "index.html"],
      ["/style.css", "style.css"],
      ["/page.js", "page.js"],
    ] as const) {
      await this.page.route(`${network.rest}${path}`, async (route) => {
        const headers = (await route.fetch()).headers();
        await route.fulfill({ body: await readFile(join(folder, file)), headers });
      });
    }
  }

  /** What an element says, by its id. */
  async text(id: string): Promise<string> {
    return (await this.page.locator(`#${id}`).innerText()).trim();
  }

  async shot(name: string): Promise<void> {
    await this.page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
  }

  async end(): Promise<void> {
    await this.page.context().close();
  }
}
