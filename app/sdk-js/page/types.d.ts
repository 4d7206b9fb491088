// What the bundler and wallets bring: scenes as text, and the part of Keplr's interface that the page uses.
declare module "*.scene" {
  const text: string;
  export default text;
}

interface KeplrKey {
  bech32Address: string;
  name: string;
  pubKey: Uint8Array;
  isNanoLedger: boolean;
}

interface Keplr {
  experimentalSuggestChain(info: object): Promise<void>;
  enable(chainId: string): Promise<void>;
  getKey(chainId: string): Promise<KeplrKey>;
  getOfflineSigner(chainId: string): import("@cosmjs/proto-signing").OfflineDirectSigner;
  getOfflineSignerOnlyAmino(chainId: string): import("@cosmjs/amino").OfflineAminoSigner;
  signArbitrary(chainId: string, signer: string, data: string): Promise<{ signature: string }>;
}

interface Window {
  keplr?: Keplr;
}
