// Prints the amino JSON that is signed for each message on stdin: one line {"typeUrl": "...", "value": "<base64>"}
// gives one line {"type":...,"value":...}, sorted and escaped as in a sign document. A message that cannot be signed
// gives a line {"error":...}, so that lines stay in step.
import { createInterface } from "node:readline";
import { type StdSignDoc, serializeSignDoc } from "@cosmjs/amino";
import { fromBase64, fromUtf8 } from "@cosmjs/encoding";
import { aminoTypes, registry } from "../src/registry.js";

function aminoLine(line: string): string {
  try {
    const { typeUrl, value } = JSON.parse(line) as { typeUrl: string; value: string };
    const message = registry.decode({ typeUrl, value: fromBase64(value) });
    // Sorts and escapes any JSON as it does whole documents.
    return fromUtf8(serializeSignDoc(aminoTypes.toAmino({ typeUrl, value: message }) as unknown as StdSignDoc));
  } catch (error) {
    return JSON.stringify({ error: String(error) });
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${aminoLine(line)}\n`);
}
