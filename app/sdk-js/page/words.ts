// What went wrong, in plain words and with what to do about it.

/** Nothing answers where the page came from. */
export class NodeDown extends Error {
  constructor() {
    super("The node does not answer. The page goes on by itself as soon as it does.");
  }
}

/** Words that are fit to be shown as they are. */
export class Told extends Error {}

/** A transaction that the chain accepted and no block has taken yet: it may still come. */
export class Pending extends Told {
  constructor(hash: string) {
    super(`No block has taken transaction ${hash} yet. It may still come: reload the page later.`);
  }
}

/** What a text of a wallet, of the chain or of a gateway says, and what to do; the first that fits is shown. */
const WORDS: ReadonlyArray<[RegExp, (found: RegExpExecArray) => string]> = [
  [
    /request rejected/i,
    () => "You declined in the wallet, so nothing was sent. Press the button again when you are ready.",
  ],
  [/extension context invalidated/i, () => "The wallet was updated or restarted. Reload this page."],
  [/input of kernel \w+: (.*)/s, ([, why]) => `The chain cannot read the scene. ${sentence(why)}`],
  [
    /the job is too costly to verify: (.*)/s,
    ([, why]) =>
      `The scene is too heavy for validators to check: ${sentence(why)} Take shapes, planes or lights out of it.`,
  ],
  [
    /spendable balance (\S+) is smaller than (\S+)|insufficient funds/,
    () =>
      "The account has too few coins for the deposit and the fee. Lower the deposit, or send ALQ to the account first.",
  ],
  [/deposit (\S+) is below the minimum of (\S+)/, ([, , least]) => `The deposit is too small: the least is ${least}.`],
  [/bid \S+ is not open|no bid /, () => "This bid was withdrawn a moment ago. Take another one, or wait for the next."],
  [/order \S+ is not open/, () => "The order is no longer open. Create a new deployment."],
  [
    /exists already: choose another dseq/,
    () => "Another deployment of yours took this number just now. Press the button again.",
  ],
  [/account sequence mismatch/, () => "Another transaction of yours was faster. Press the button again."],
  [/out of gas/, () => "The transaction was heavier than foreseen. Press the button again."],
  [
    /the result of (?:group|lease) \S+ is committed/,
    () => "The result is committed already: the job settles by itself.",
  ],
  [/lease \S+ is not here/, () => "The provider does not have this result any more."],
];

export function plain(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof NodeDown || error instanceof Told) return text;
  for (const [pattern, words] of WORDS) {
    const fit = pattern.exec(text);
    if (fit) return words(fit);
  }
  return sentence(
    text.replace(/^rpc error: code = \w+ desc = /, "").replace(/^failed to execute message; message index: \d+: /, ""),
  );
}

/** Without what the node adds at the end of an error's text. */
function sentence(text = ""): string {
  const said = text.replace(
    /(?:: (?:unknown request|invalid request|internal logic error))?(?: with gas used: '?\d+'?)?$/,
    "",
  );
  const first = said.charAt(0).toUpperCase() + said.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
