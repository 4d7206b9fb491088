//! Every type of the Cosmos and CosmWasm packages that the node speaks, as the crate `cosmos-sdk-proto` has it,
//! against our descriptors of the same package: were one taken from another SDK version than the other, some
//! field would get lost between them.

use aliquot_proto::{cosmos, cosmwasm};

use crate::typed::{Typed, assert_same_shape, typed};

#[test]
fn types_and_descriptors_of_cosmos_are_of_one_version() {
    assert_eq!(cosmos_sdk_proto::COSMOS_SDK_VERSION.trim(), "v0.50.9", "pin the same SDK in examples/generate.rs");
    let packages = [
        cosmos_auth_v1beta1(),
        cosmos_authz_v1beta1(),
        cosmos_bank_v1beta1(),
        cosmos_base_abci_v1beta1(),
        cosmos_base_node_v1beta1(),
        cosmos_base_query_v1beta1(),
        cosmos_base_tendermint_v1beta1(),
        cosmos_base_v1beta1(),
        cosmos_crypto_ed25519(),
        cosmos_crypto_multisig(),
        cosmos_crypto_multisig_v1beta1(),
        cosmos_crypto_secp256k1(),
        cosmos_crypto_secp256r1(),
        cosmos_feegrant_v1beta1(),
        cosmos_tx_signing_v1beta1(),
        cosmos_tx_signing_v1beta1_signature_descriptor_data(),
        cosmos_tx_signing_v1beta1_signature_descriptor(),
        cosmos_tx_v1beta1(),
        cosmos_tx_v1beta1_mode_info(),
        cosmwasm_wasm_v1_messages(),
        cosmwasm_wasm_v1_queries(),
        cosmwasm_wasm_v1_state(),
    ];
    let mut seen = 0;
    for typed in packages.iter().flatten() {
        assert_same_shape(typed);
        seen += 1;
    }
    assert!(seen > 280, "only {seen} types");
}

fn cosmos_auth_v1beta1() -> Vec<Typed> {
    use cosmos::auth::v1beta1::*;
    vec![
        typed::<BaseAccount>(),
        typed::<ModuleAccount>(),
        typed::<ModuleCredential>(),
        typed::<Params>(),
        typed::<GenesisState>(),
        typed::<QueryAccountsRequest>(),
        typed::<QueryAccountsResponse>(),
        typed::<QueryAccountRequest>(),
        typed::<QueryAccountResponse>(),
        typed::<QueryParamsRequest>(),
        typed::<QueryParamsResponse>(),
        typed::<QueryModuleAccountsRequest>(),
        typed::<QueryModuleAccountsResponse>(),
        typed::<QueryModuleAccountByNameRequest>(),
        typed::<QueryModuleAccountByNameResponse>(),
        typed::<Bech32PrefixRequest>(),
        typed::<Bech32PrefixResponse>(),
        typed::<AddressBytesToStringRequest>(),
        typed::<AddressBytesToStringResponse>(),
        typed::<AddressStringToBytesRequest>(),
        typed::<AddressStringToBytesResponse>(),
        typed::<QueryAccountAddressByIdRequest>(),
        typed::<QueryAccountAddressByIdResponse>(),
        typed::<QueryAccountInfoRequest>(),
        typed::<QueryAccountInfoResponse>(),
        typed::<MsgUpdateParams>(),
        typed::<MsgUpdateParamsResponse>(),
    ]
}

fn cosmos_authz_v1beta1() -> Vec<Typed> {
    use cosmos::authz::v1beta1::*;
    vec![
        typed::<GenericAuthorization>(),
        typed::<Grant>(),
        typed::<GrantAuthorization>(),
        typed::<GrantQueueItem>(),
        typed::<EventGrant>(),
        typed::<EventRevoke>(),
        typed::<GenesisState>(),
        typed::<QueryGrantsRequest>(),
        typed::<QueryGrantsResponse>(),
        typed::<QueryGranterGrantsRequest>(),
        typed::<QueryGranterGrantsResponse>(),
        typed::<QueryGranteeGrantsRequest>(),
        typed::<QueryGranteeGrantsResponse>(),
        typed::<MsgGrant>(),
        typed::<MsgGrantResponse>(),
        typed::<MsgExec>(),
        typed::<MsgExecResponse>(),
        typed::<MsgRevoke>(),
        typed::<MsgRevokeResponse>(),
    ]
}

fn cosmos_bank_v1beta1() -> Vec<Typed> {
    use cosmos::bank::v1beta1::*;
    vec![
        typed::<SendAuthorization>(),
        typed::<Params>(),
        typed::<SendEnabled>(),
        typed::<Input>(),
        typed::<Output>(),
        typed::<Supply>(),
        typed::<DenomUnit>(),
        typed::<Metadata>(),
        typed::<GenesisState>(),
        typed::<Balance>(),
        typed::<QueryBalanceRequest>(),
        typed::<QueryBalanceResponse>(),
        typed::<QueryAllBalancesRequest>(),
        typed::<QueryAllBalancesResponse>(),
        typed::<QuerySpendableBalancesRequest>(),
        typed::<QuerySpendableBalancesResponse>(),
        typed::<QuerySpendableBalanceByDenomRequest>(),
        typed::<QuerySpendableBalanceByDenomResponse>(),
        typed::<QueryTotalSupplyRequest>(),
        typed::<QueryTotalSupplyResponse>(),
        typed::<QuerySupplyOfRequest>(),
        typed::<QuerySupplyOfResponse>(),
        typed::<QueryParamsRequest>(),
        typed::<QueryParamsResponse>(),
        typed::<QueryDenomsMetadataRequest>(),
        typed::<QueryDenomsMetadataResponse>(),
        typed::<QueryDenomMetadataRequest>(),
        typed::<QueryDenomMetadataResponse>(),
        typed::<QueryDenomMetadataByQueryStringRequest>(),
        typed::<QueryDenomMetadataByQueryStringResponse>(),
        typed::<QueryDenomOwnersRequest>(),
        typed::<DenomOwner>(),
        typed::<QueryDenomOwnersResponse>(),
        typed::<QueryDenomOwnersByQueryRequest>(),
        typed::<QueryDenomOwnersByQueryResponse>(),
        typed::<QuerySendEnabledRequest>(),
        typed::<QuerySendEnabledResponse>(),
        typed::<MsgSend>(),
        typed::<MsgSendResponse>(),
        typed::<MsgMultiSend>(),
        typed::<MsgMultiSendResponse>(),
        typed::<MsgUpdateParams>(),
        typed::<MsgUpdateParamsResponse>(),
        typed::<MsgSetSendEnabled>(),
        typed::<MsgSetSendEnabledResponse>(),
    ]
}

fn cosmos_base_abci_v1beta1() -> Vec<Typed> {
    use cosmos::base::abci::v1beta1::*;
    vec![
        typed::<TxResponse>(),
        typed::<AbciMessageLog>(),
        typed::<StringEvent>(),
        typed::<Attribute>(),
        typed::<GasInfo>(),
        typed::<Result>(),
        typed::<SimulationResponse>(),
        typed::<MsgData>(),
        typed::<TxMsgData>(),
        typed::<SearchTxsResult>(),
        typed::<SearchBlocksResult>(),
    ]
}

fn cosmos_base_node_v1beta1() -> Vec<Typed> {
    use cosmos::base::node::v1beta1::*;
    vec![typed::<ConfigRequest>(), typed::<ConfigResponse>(), typed::<StatusRequest>(), typed::<StatusResponse>()]
}

fn cosmos_base_query_v1beta1() -> Vec<Typed> {
    use cosmos::base::query::v1beta1::*;
    vec![typed::<PageRequest>(), typed::<PageResponse>()]
}

fn cosmos_base_tendermint_v1beta1() -> Vec<Typed> {
    use cosmos::base::tendermint::v1beta1::*;
    vec![
        typed::<Block>(),
        typed::<Header>(),
        typed::<GetValidatorSetByHeightRequest>(),
        typed::<GetValidatorSetByHeightResponse>(),
        typed::<GetLatestValidatorSetRequest>(),
        typed::<GetLatestValidatorSetResponse>(),
        typed::<Validator>(),
        typed::<GetBlockByHeightRequest>(),
        typed::<GetBlockByHeightResponse>(),
        typed::<GetLatestBlockRequest>(),
        typed::<GetLatestBlockResponse>(),
        typed::<GetSyncingRequest>(),
        typed::<GetSyncingResponse>(),
        typed::<GetNodeInfoRequest>(),
        typed::<GetNodeInfoResponse>(),
        typed::<VersionInfo>(),
        typed::<Module>(),
        typed::<AbciQueryRequest>(),
        typed::<AbciQueryResponse>(),
        typed::<ProofOp>(),
        typed::<ProofOps>(),
    ]
}

fn cosmos_base_v1beta1() -> Vec<Typed> {
    use cosmos::base::v1beta1::*;
    vec![typed::<Coin>(), typed::<DecCoin>(), typed::<IntProto>(), typed::<DecProto>()]
}

fn cosmos_crypto_ed25519() -> Vec<Typed> {
    use cosmos::crypto::ed25519::*;
    vec![typed::<PubKey>(), typed::<PrivKey>()]
}

fn cosmos_crypto_multisig() -> Vec<Typed> {
    use cosmos::crypto::multisig::*;
    vec![typed::<LegacyAminoPubKey>()]
}

fn cosmos_crypto_multisig_v1beta1() -> Vec<Typed> {
    use cosmos::crypto::multisig::v1beta1::*;
    vec![typed::<MultiSignature>(), typed::<CompactBitArray>()]
}

fn cosmos_crypto_secp256k1() -> Vec<Typed> {
    use cosmos::crypto::secp256k1::*;
    vec![typed::<PubKey>(), typed::<PrivKey>()]
}

fn cosmos_crypto_secp256r1() -> Vec<Typed> {
    use cosmos::crypto::secp256r1::*;
    vec![typed::<PubKey>(), typed::<PrivKey>()]
}

fn cosmos_feegrant_v1beta1() -> Vec<Typed> {
    use cosmos::feegrant::v1beta1::*;
    vec![
        typed::<BasicAllowance>(),
        typed::<PeriodicAllowance>(),
        typed::<AllowedMsgAllowance>(),
        typed::<Grant>(),
        typed::<GenesisState>(),
        typed::<QueryAllowanceRequest>(),
        typed::<QueryAllowanceResponse>(),
        typed::<QueryAllowancesRequest>(),
        typed::<QueryAllowancesResponse>(),
        typed::<QueryAllowancesByGranterRequest>(),
        typed::<QueryAllowancesByGranterResponse>(),
        typed::<MsgGrantAllowance>(),
        typed::<MsgGrantAllowanceResponse>(),
        typed::<MsgRevokeAllowance>(),
        typed::<MsgRevokeAllowanceResponse>(),
        typed::<MsgPruneAllowances>(),
        typed::<MsgPruneAllowancesResponse>(),
    ]
}

fn cosmos_tx_signing_v1beta1() -> Vec<Typed> {
    use cosmos::tx::signing::v1beta1::*;
    vec![typed::<SignatureDescriptors>(), typed::<SignatureDescriptor>()]
}

fn cosmos_tx_signing_v1beta1_signature_descriptor_data() -> Vec<Typed> {
    use cosmos::tx::signing::v1beta1::signature_descriptor::data::*;
    vec![typed::<Single>(), typed::<Multi>()]
}

fn cosmos_tx_signing_v1beta1_signature_descriptor() -> Vec<Typed> {
    use cosmos::tx::signing::v1beta1::signature_descriptor::*;
    vec![typed::<Data>()]
}

fn cosmos_tx_v1beta1() -> Vec<Typed> {
    use cosmos::tx::v1beta1::*;
    vec![
        typed::<Tx>(),
        typed::<TxRaw>(),
        typed::<SignDoc>(),
        typed::<SignDocDirectAux>(),
        typed::<TxBody>(),
        typed::<AuthInfo>(),
        typed::<SignerInfo>(),
        typed::<ModeInfo>(),
        typed::<Fee>(),
        typed::<Tip>(),
        typed::<AuxSignerData>(),
        typed::<GetTxsEventRequest>(),
        typed::<GetTxsEventResponse>(),
        typed::<BroadcastTxRequest>(),
        typed::<BroadcastTxResponse>(),
        typed::<SimulateRequest>(),
        typed::<SimulateResponse>(),
        typed::<GetTxRequest>(),
        typed::<GetTxResponse>(),
        typed::<GetBlockWithTxsRequest>(),
        typed::<GetBlockWithTxsResponse>(),
        typed::<TxDecodeRequest>(),
        typed::<TxDecodeResponse>(),
        typed::<TxEncodeRequest>(),
        typed::<TxEncodeResponse>(),
        typed::<TxEncodeAminoRequest>(),
        typed::<TxEncodeAminoResponse>(),
        typed::<TxDecodeAminoRequest>(),
        typed::<TxDecodeAminoResponse>(),
    ]
}

fn cosmos_tx_v1beta1_mode_info() -> Vec<Typed> {
    use cosmos::tx::v1beta1::mode_info::*;
    vec![typed::<Single>(), typed::<Multi>()]
}

fn cosmwasm_wasm_v1_messages() -> Vec<Typed> {
    use cosmwasm::wasm::v1::*;
    vec![
        typed::<MsgIbcSend>(),
        typed::<MsgIbcSendResponse>(),
        typed::<MsgIbcWriteAcknowledgementResponse>(),
        typed::<MsgIbcCloseChannel>(),
        typed::<MsgStoreCode>(),
        typed::<MsgStoreCodeResponse>(),
        typed::<MsgInstantiateContract>(),
        typed::<MsgInstantiateContractResponse>(),
        typed::<MsgInstantiateContract2>(),
        typed::<MsgInstantiateContract2Response>(),
        typed::<MsgExecuteContract>(),
        typed::<MsgExecuteContractResponse>(),
        typed::<MsgMigrateContract>(),
        typed::<MsgMigrateContractResponse>(),
        typed::<MsgUpdateAdmin>(),
        typed::<MsgUpdateAdminResponse>(),
        typed::<MsgClearAdmin>(),
        typed::<MsgClearAdminResponse>(),
        typed::<MsgUpdateInstantiateConfig>(),
        typed::<MsgUpdateInstantiateConfigResponse>(),
        typed::<MsgUpdateParams>(),
        typed::<MsgUpdateParamsResponse>(),
        typed::<MsgSudoContract>(),
        typed::<MsgSudoContractResponse>(),
        typed::<MsgPinCodes>(),
        typed::<MsgPinCodesResponse>(),
        typed::<MsgUnpinCodes>(),
        typed::<MsgUnpinCodesResponse>(),
        typed::<MsgStoreAndInstantiateContract>(),
        typed::<MsgStoreAndInstantiateContractResponse>(),
        typed::<MsgAddCodeUploadParamsAddresses>(),
        typed::<MsgAddCodeUploadParamsAddressesResponse>(),
        typed::<MsgRemoveCodeUploadParamsAddresses>(),
        typed::<MsgRemoveCodeUploadParamsAddressesResponse>(),
        typed::<MsgStoreAndMigrateContract>(),
        typed::<MsgStoreAndMigrateContractResponse>(),
        typed::<MsgUpdateContractLabel>(),
        typed::<MsgUpdateContractLabelResponse>(),
    ]
}

fn cosmwasm_wasm_v1_queries() -> Vec<Typed> {
    use cosmwasm::wasm::v1::*;
    vec![
        typed::<QueryContractInfoRequest>(),
        typed::<QueryContractInfoResponse>(),
        typed::<QueryContractHistoryRequest>(),
        typed::<QueryContractHistoryResponse>(),
        typed::<QueryContractsByCodeRequest>(),
        typed::<QueryContractsByCodeResponse>(),
        typed::<QueryAllContractStateRequest>(),
        typed::<QueryAllContractStateResponse>(),
        typed::<QueryRawContractStateRequest>(),
        typed::<QueryRawContractStateResponse>(),
        typed::<QuerySmartContractStateRequest>(),
        typed::<QuerySmartContractStateResponse>(),
        typed::<QueryCodeRequest>(),
        typed::<QueryCodeResponse>(),
        typed::<QueryCodesRequest>(),
        typed::<QueryCodesResponse>(),
        typed::<QueryPinnedCodesRequest>(),
        typed::<QueryPinnedCodesResponse>(),
        typed::<QueryParamsRequest>(),
        typed::<QueryParamsResponse>(),
        typed::<QueryContractsByCreatorRequest>(),
        typed::<QueryContractsByCreatorResponse>(),
        typed::<QueryBuildAddressRequest>(),
        typed::<QueryBuildAddressResponse>(),
    ]
}

fn cosmwasm_wasm_v1_state() -> Vec<Typed> {
    use cosmwasm::wasm::v1::*;
    vec![
        typed::<AccessTypeParam>(),
        typed::<AccessConfig>(),
        typed::<Params>(),
        typed::<CodeInfo>(),
        typed::<ContractInfo>(),
        typed::<ContractCodeHistoryEntry>(),
        typed::<AbsoluteTxPosition>(),
        typed::<Model>(),
        typed::<StoreCodeAuthorization>(),
        typed::<ContractExecutionAuthorization>(),
        typed::<ContractMigrationAuthorization>(),
        typed::<CodeGrant>(),
        typed::<ContractGrant>(),
        typed::<MaxCallsLimit>(),
        typed::<MaxFundsLimit>(),
        typed::<CombinedLimit>(),
        typed::<AllowAllMessagesFilter>(),
        typed::<AcceptedMessageKeysFilter>(),
        typed::<AcceptedMessagesFilter>(),
        typed::<GenesisState>(),
        typed::<Code>(),
        typed::<Contract>(),
        typed::<Sequence>(),
        typed::<StoreCodeProposal>(),
        typed::<InstantiateContractProposal>(),
        typed::<InstantiateContract2Proposal>(),
        typed::<MigrateContractProposal>(),
        typed::<SudoContractProposal>(),
        typed::<ExecuteContractProposal>(),
        typed::<UpdateAdminProposal>(),
        typed::<ClearAdminProposal>(),
        typed::<PinCodesProposal>(),
        typed::<UnpinCodesProposal>(),
        typed::<AccessConfigUpdate>(),
        typed::<UpdateInstantiateConfigProposal>(),
        typed::<StoreAndInstantiateContractProposal>(),
        typed::<CodeInfoResponse>(),
    ]
}
