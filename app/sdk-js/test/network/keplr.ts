// A wallet in Keplr's shape, for a page: it checks what it is asked as Keplr does, replaces the fee, and signs. It runs
// in the browser; what its owner says is asked of the test, by the two functions that the test exposes.
import { Secp256k1HdWallet, type StdFee, type StdSignDoc } from "@cosmjs/amino";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import { AuthInfo, type SignDoc, TxBody } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { arbitrarySigner } from "../../src/gateway-token.js";

declare global {
  /** Throws where Keplr would refuse the description. */
  function checkChain(info: object): Promise<void>;
  /** Whether the owner agrees. */
  function approve(what: string, details: string): Promise<boolean>;
}

export interface Options {
  mnemonic: string;
  /** Signs amino JSON alone. */
  ledger: boolean;
}

interface ChainInfo {
  chainId: string;
  feeCurrencies: Array<{ coinMinimalDenom: string; gasPriceStep: { high: number } }>;
}

/** Of the sign documents that Keplr knows; it drops other keys. */
const AMINO_KEYS = ["account_number", "chain_id", "fee", "memo", "msgs", "sequence"];

export class FakeKeplr implements Keplr {
  private chain: ChainInfo | undefined;
  private enabled = false;

  constructor(private readonly options: Options) {}

  async experimentalSuggestChain(info: object): Promise<void> {
    await checkChain(info);
    await this.ask("suggest", info);
    this.chain = info as ChainInfo;
  }

  async enable(chainId: string): Promise<void> {
    this.known(chainId);
    await this.ask("enable", chainId);
    this.enabled = true;
  }

  async getKey(chainId: string): Promise<KeplrKey> {
    this.open(chainId);
    const [account] = await (await this.aminoWallet()).getAccounts();
    if (!account) throw new Error("no account");
    return {
      bech32Address: account.address,
      name: "Test account",
      pubKey: account.pubkey,
      isNanoLedger: this.options.ledger,
    };
  }

  getOfflineSigner(chainId: string): ReturnType<Keplr["getOfflineSigner"]> {
    return {
      getAccounts: async () => (await this.directWallet()).getAccounts(),
      signDirect: async (signer, doc) => {
        this.open(chainId);
        if (this.options.ledger) throw new Error("Ledger devices sign no protobuf");
        const signed = this.withOwnFee(doc);
        const body = TxBody.decode(doc.bodyBytes);
        await this.ask(
          "sign",
          body.messages.map(({ typeUrl }) => typeUrl),
        );
        return { ...(await (await this.directWallet()).signDirect(signer, signed)), signed };
      },
    };
  }

  getOfflineSignerOnlyAmino(chainId: string): ReturnType<Keplr["getOfflineSignerOnlyAmino"]> {
    return {
      getAccounts: async () => (await this.aminoWallet()).getAccounts(),
      signAmino: async (signer, doc) => {
        this.open(chainId);
        const keys = Object.keys(doc).sort();
        if (keys.join() !== AMINO_KEYS.join()) throw new Error(`the document has the keys ${keys.join()}`);
        this.sameChain(doc.chain_id);
        const signed: StdSignDoc = { ...doc, fee: this.ownFee(doc.fee) };
        await this.ask(
          "sign",
          doc.msgs.map(({ type }) => type),
        );
        return { ...(await (await this.aminoWallet()).signAmino(signer, signed)), signed };
      },
    };
  }

  async signArbitrary(chainId: string, signer: string, data: string): Promise<{ signature: string }> {
    this.open(chainId);
    await this.ask("sign", ["sign/MsgSignData"]);
    return arbitrarySigner(await this.aminoWallet(), signer)(data);
  }

  /** As Keplr writes it: decoded and encoded again, with the fee that its owner chose. */
  private withOwnFee(doc: SignDoc): SignDoc {
    this.sameChain(doc.chainId);
    const auth = AuthInfo.decode(doc.authInfoBytes);
    const { fee } = auth;
    if (!fee || auth.signerInfos.length !== 1) throw new Error("the document has no fee, or not one signer");
    const { amount } = this.ownFee({ gas: fee.gasLimit.toString(), amount: fee.amount });
    const authInfoBytes = AuthInfo.encode({ ...auth, fee: { ...fee, amount: [...amount] } }).finish();
    return { ...doc, authInfoBytes };
  }

  private ownFee({ gas, amount }: StdFee): StdFee {
    const [coin] = amount;
    const currency = this.chain?.feeCurrencies.find(({ coinMinimalDenom }) => coinMinimalDenom === coin?.denom);
    if (!coin || !currency || !/^\d+$/.test(coin.amount) || !/^[1-9]\d*$/.test(gas))
      throw new Error("the fee is no fee");
    const own = Math.ceil(Number(gas) * currency.gasPriceStep.high).toString();
    return { gas, amount: [{ denom: coin.denom, amount: own }] };
  }

  private async ask(what: string, details: unknown): Promise<void> {
    if (!(await approve(what, JSON.stringify(details)))) throw new Error("Request rejected");
  }

  private known(chainId: string): void {
    if (this.chain?.chainId !== chainId) throw new Error(`There is no chain info for ${chainId}`);
  }

  private open(chainId: string): void {
    this.known(chainId);
    if (!this.enabled) throw new Error(`${location.origin} has no permission for ${chainId}`);
  }

  private sameChain(chainId: string): void {
    if (this.chain?.chainId !== chainId) throw new Error("Chain id unmatched");
  }

  private directWallet(): Promise<DirectSecp256k1HdWallet> {
    return DirectSecp256k1HdWallet.fromMnemonic(this.options.mnemonic, { prefix: "aliquot" });
  }

  private aminoWallet(): Promise<Secp256k1HdWallet> {
    return Secp256k1HdWallet.fromMnemonic(this.options.mnemonic, { prefix: "aliquot" });
  }
}
