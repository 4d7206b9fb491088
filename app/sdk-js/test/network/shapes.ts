// Transactions in the shapes in which wallets make them.
import { coins } from "@cosmjs/stargate";
import { MsgSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { SignMode } from "cosmjs-types/cosmos/tx/signing/v1beta1/signing";
import { AuthInfo, type SignerInfo, Tx, TxBody, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { type Account, DENOM, network } from "./network.js";

export interface Simulation {
  sequence?: number;
  fee?: number;
  mode?: SignMode;
  signature?: Uint8Array;
  publicKey?: SignerInfo["publicKey"];
}

/** In base64. What is not said is as Keplr has it: no public key, amino mode, no gas, 64 zero bytes. */
export function simulation(from: Account, shape: Simulation = {}): string {
  const { sequence = 0, fee = 0, mode = SignMode.SIGN_MODE_LEGACY_AMINO_JSON, publicKey } = shape;
  const msg = { fromAddress: from.address, toAddress: from.address, amount: coins(1, DENOM) };
  const messages = [{ typeUrl: "/cosmos.bank.v1beta1.MsgSend", value: MsgSend.encode(msg).finish() }];
  const tx = Tx.fromPartial({
    body: TxBody.fromPartial({ messages }),
    authInfo: AuthInfo.fromPartial({
      signerInfos: [{ publicKey, modeInfo: { single: { mode } }, sequence: BigInt(sequence) }],
      fee: { amount: fee ? coins(fee, DENOM) : [], gasLimit: 0n },
    }),
    signatures: [shape.signature ?? new Uint8Array(64)],
  });
  return Buffer.from(Tx.encode(tx).finish()).toString("base64");
}

/** A send to oneself, ready to be broadcast. */
export async function signedSend(from: Account, { sequence, memo = "" }: { sequence?: number; memo?: string } = {}) {
  const value = { fromAddress: from.address, toAddress: from.address, amount: coins(1, DENOM) };
  const data = { ...(await from.client.getSequence(from.address)), chainId: network.chain_id };
  const fee = { gas: "200000", amount: coins(200, DENOM) };
  const messages = [{ typeUrl: "/cosmos.bank.v1beta1.MsgSend", value }];
  const raw = await from.client.sign(from.address, messages, fee, memo, {
    ...data,
    sequence: sequence ?? data.sequence,
  });
  return TxRaw.encode(raw).finish();
}
