// Transactions of the page's few messages: simulated, signed by the wallet in its mode, sent as the wallet signed them.
// CosmJS's own client would bring every message of every module along, two megabytes of them.
import type { AminoMsg, StdSignDoc } from "@cosmjs/amino";
import { fromBase64 } from "@cosmjs/encoding";
import type { GeneratedType } from "@cosmjs/proto-signing";
import { PubKey } from "cosmjs-types/cosmos/crypto/secp256k1/keys";
import { SignMode } from "cosmjs-types/cosmos/tx/signing/v1beta1/signing";
import { AuthInfo, Fee, TxBody, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { Any } from "cosmjs-types/google/protobuf/any";
import { aminoConverters } from "../src/amino.js";
import { aminoMessages } from "../src/gen/amino.js";
import { MsgCloseDeployment, MsgCreateDeployment } from "../src/gen/aliquot/deployment/v1/tx.js";
import { MsgCreateLease } from "../src/gen/aliquot/market/v1/tx.js";
import { feeFor } from "./money.js";
import { type Account, DENOM, type Included, type Node } from "./node.js";
import type { Wallet } from "./wallet.js";
import { Told } from "./words.js";

export type Message =
  | { typeUrl: "/aliquot.deployment.v1.MsgCreateDeployment"; value: MsgCreateDeployment }
  | { typeUrl: "/aliquot.deployment.v1.MsgCloseDeployment"; value: MsgCloseDeployment }
  | { typeUrl: "/aliquot.market.v1.MsgCreateLease"; value: MsgCreateLease };

// Cast because CosmJS's declarations name the CommonJS form of the same writer.
const TYPES = {
  "/aliquot.deployment.v1.MsgCreateDeployment": MsgCreateDeployment,
  "/aliquot.deployment.v1.MsgCloseDeployment": MsgCloseDeployment,
  "/aliquot.market.v1.MsgCreateLease": MsgCreateLease,
} as Record<Message["typeUrl"], unknown> as Record<Message["typeUrl"], GeneratedType>;

const NO_ANY = (): never => {
  throw new Error("none of these messages holds another");
};
const AMINO = aminoConverters(aminoMessages, Object.entries(TYPES), { toAmino: NO_ANY, fromAmino: NO_ANY });

/** Of a signature: simulations are not signed. */
const UNSIGNED = new Uint8Array(64);

/** Tells what is being waited for. */
export type Say = (text: string) => void;

export async function send(node: Node, wallet: Wallet, message: Message, say: Say): Promise<Included> {
  say("Asking the chain what this takes …");
  const account = await node.account(wallet.address);
  if (!account) throw new Told("The chain does not know this account yet. Send some ALQ to it, then try again.");
  const body = encodeBody([encode(message)], "");
  const mode = wallet.ledger ? SignMode.SIGN_MODE_LEGACY_AMINO_JSON : SignMode.SIGN_MODE_DIRECT;
  const trial = encodeAuth(wallet, account, mode, { amount: [], gasLimit: 0n, payer: "", granter: "" });
  const used = await node.simulate(
    TxRaw.encode({ bodyBytes: body, authInfoBytes: trial, signatures: [UNSIGNED] }).finish(),
  );
  const gas = (used * 14n) / 10n;
  const fee = { gas: gas.toString(), amount: [{ denom: DENOM, amount: feeFor(gas, wallet.gasPrice).toString() }] };
  say("Waiting for your wallet …");
  const tx = await (wallet.ledger ? signAmino : signDirect)(wallet, account, message, fee);
  say("Sending …");
  return node.broadcast(TxRaw.encode(tx).finish(), () => say("Waiting for a block …"));
}

type StdFee = StdSignDoc["fee"];

async function signDirect(wallet: Wallet, account: Account, message: Message, fee: StdFee): Promise<TxRaw> {
  const auth = encodeAuth(wallet, account, SignMode.SIGN_MODE_DIRECT, protoFee(fee));
  const { signed, signature } = await wallet.direct().signDirect(wallet.address, {
    bodyBytes: encodeBody([encode(message)], ""),
    authInfoBytes: auth,
    chainId: wallet.chainId,
    accountNumber: account.number,
  });
  // A wallet may have another fee than what it was asked for: what it signed is what counts.
  const { bodyBytes, authInfoBytes } = signed;
  return { bodyBytes, authInfoBytes, signatures: [fromBase64(signature.signature)] };
}

async function signAmino(wallet: Wallet, account: Account, message: Message, fee: StdFee): Promise<TxRaw> {
  const { signed, signature } = await wallet.amino().signAmino(wallet.address, {
    chain_id: wallet.chainId,
    account_number: account.number.toString(),
    sequence: account.sequence.toString(),
    fee,
    msgs: [toAmino(message)],
    memo: "",
  });
  const sequence = { number: account.number, sequence: BigInt(signed.sequence) };
  const mode = SignMode.SIGN_MODE_LEGACY_AMINO_JSON;
  return {
    bodyBytes: encodeBody(signed.msgs.map(fromAmino).map(encode), signed.memo),
    authInfoBytes: encodeAuth(wallet, sequence, mode, protoFee(signed.fee)),
    signatures: [fromBase64(signature.signature)],
  };
}

function toAmino({ typeUrl, value }: Message): AminoMsg {
  const converter = AMINO[typeUrl];
  if (!converter) throw new Error(`${typeUrl} has no amino JSON`);
  return { type: converter.aminoType, value: converter.toAmino(value) };
}

function fromAmino({ type, value }: AminoMsg): Message {
  for (const [typeUrl, converter] of Object.entries(AMINO)) {
    if (converter.aminoType === type) return { typeUrl, value: converter.fromAmino(value) } as Message;
  }
  throw new Error(`the wallet signed ${type}, which it was not asked for`);
}

function encode({ typeUrl, value }: Message): Any {
  return { typeUrl, value: Uint8Array.from(TYPES[typeUrl].encode(value).finish()) };
}

function encodeBody(messages: Any[], memo: string): Uint8Array {
  const empty = { timeoutHeight: 0n, extensionOptions: [], nonCriticalExtensionOptions: [] };
  return TxBody.encode(TxBody.fromPartial({ messages, memo, ...empty })).finish();
}

function encodeAuth(wallet: Wallet, account: Account, mode: SignMode, fee: Fee): Uint8Array {
  const key = PubKey.encode({ key: wallet.publicKey }).finish();
  const publicKey = { typeUrl: "/cosmos.crypto.secp256k1.PubKey", value: key };
  const signer = { publicKey, modeInfo: { single: { mode } }, sequence: account.sequence };
  return AuthInfo.encode(AuthInfo.fromPartial({ signerInfos: [signer], fee })).finish();
}

function protoFee({ gas, amount, payer = "", granter = "" }: StdFee): Fee {
  return { gasLimit: BigInt(gas), amount: [...amount], payer, granter };
}
