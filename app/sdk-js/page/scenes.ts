// The scenes that the page offers, and the form in which one is chosen, sized and priced.
import { sceneSize, TILE } from "../src/result.js";
import arch from "../../../gpu-runner/kernels/scenes/arch.scene";
import drops from "../../../gpu-runner/kernels/scenes/drops.scene";
import firstLight from "../../../gpu-runner/kernels/scenes/first-light.scene";
import { at, el } from "./dom.js";
import { alq, parseAlq } from "./money.js";
import { Told } from "./words.js";

const OWN = "Your own";
const SCENES: Record<string, string> = { "First light": firstLight, Arch: arch, Drops: drops, [OWN]: "" };
const SIZE = /^([ \t]*size[ \t]+)\d+[ \t]+\d+/m;
const MOST_PIXELS = 4096;

/** What the form asks for. */
export interface Wish {
  scene: string;
  /** In ualq. */
  limit: bigint;
  deposit: bigint;
}

const text = (): HTMLTextAreaElement => at("scene-text");
const width = (): HTMLInputElement => at("width");
const height = (): HTMLInputElement => at("height");

export function setUpForm(): void {
  for (const name of Object.keys(SCENES)) {
    const radio = el("input", { type: "radio", name: "scene", value: name });
    radio.addEventListener("change", () => choose(name));
    at("scenes").append(el("label", {}, radio, el("span", {}, name)));
  }
  text().addEventListener("input", () => showSize());
  for (const field of [width(), height()]) field.addEventListener("input", () => writeSize());
  at("scenes").querySelector("input")?.click();
}

function choose(name: string): void {
  if (name === OWN) {
    at<HTMLDetailsElement>("scene-details").open = true;
    text().focus();
    text().select();
  } else {
    text().value = SCENES[name] ?? "";
  }
  showSize();
}

/** The two fields say what the text does. */
function showSize(): void {
  const size = readSize();
  if (size) [width().value, height().value] = [String(size[0]), String(size[1])];
  note(size);
}

/** The text says what the two fields do. */
function writeSize(): void {
  const numbers = [width().value, height().value].map((value) => value.trim());
  if (numbers.every((value) => /^\d{1,4}$/.test(value))) {
    text().value = text().value.replace(SIZE, (_, before: string) => before + numbers.join(" "));
  }
  note(readSize());
}

function readSize(): [number, number] | undefined {
  try {
    return sceneSize(text().value);
  } catch {
    return undefined;
  }
}

let prices = "";

/** What was paid lately, in words. */
export function setPrices(words: string): void {
  prices = words;
  note(readSize());
}

function note(size: [number, number] | undefined): void {
  const chunks = size && Math.ceil(size[0] / TILE) * Math.ceil(size[1] / TILE);
  const counted = chunks ? `${chunks} chunks of 16 × 16 pixels. ` : "";
  at("scene-note").textContent = counted + prices;
}

/** What is asked for, or what is wrong with it. */
export function readForm(leastDeposit: bigint): Wish {
  const scene = text().value;
  if (scene.trim() === "") throw new Told("There is no scene yet: choose one, or write one of your own.");
  for (const field of [width(), height()]) {
    const pixels = Number(field.value);
    if (!Number.isInteger(pixels) || pixels < 1 || pixels > MOST_PIXELS) {
      throw new Told(`Width and height are whole numbers from 1 to ${MOST_PIXELS}.`);
    }
  }
  const limit = parseAlq(at<HTMLInputElement>("limit").value, "The price limit");
  const deposit = parseAlq(at<HTMLInputElement>("deposit").value, "The deposit");
  if (limit === 0n) throw new Told("The price limit must be more than zero.");
  if (deposit < limit) throw new Told("The deposit must cover the price limit. What is not used comes back.");
  if (deposit < leastDeposit) throw new Told(`The least deposit is ${alq(leastDeposit)}.`);
  return { scene, limit, deposit };
}

/** Shows the line that an error of the chain names. */
export function pointAt(error: string): void {
  const line = Number(/\bline (\d+)\b/i.exec(error)?.[1]);
  const lines = text().value.split("\n");
  const wrong = lines[line - 1];
  if (wrong === undefined) return;
  at<HTMLDetailsElement>("scene-details").open = true;
  const start = lines.slice(0, line - 1).reduce((length, before) => length + before.length + 1, 0);
  text().focus();
  text().setSelectionRange(start, start + wrong.length);
  text().scrollTop = Math.max(0, line - 3) * (text().scrollHeight / lines.length);
}
