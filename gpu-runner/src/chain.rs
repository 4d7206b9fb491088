//! The chain as the runner sees it: its connection, and what it asks.

use aliquot_client::{Client, GasPrice, Key, rpc::Result};
use aliquot_kernels::Kernel;
use aliquot_proto::{
    compute::v1 as compute,
    cosmos::{
        auth::v1beta1::{QueryAccountInfoRequest, QueryAccountInfoResponse},
        base::query::v1beta1::{PageRequest, PageResponse},
        crypto::secp256k1::PubKey,
    },
    deployment::v1 as deployment,
    escrow::v1 as escrow,
    market::v1 as market,
    prost::{Message, Name},
    provider::v1 as provider,
};

use crate::price::Coin;

const PAGE: u64 = 200;

/// A connection to a node, and the key that acts for the provider.
#[derive(Clone, Debug)]
pub struct Chain {
    pub(crate) client: Client,
    pub(crate) key: Key,
    provider: String,
    pub(crate) gas_price: GasPrice,
}

impl Chain {
    /// `provider`: the provider's address; the key's own where it is empty.
    pub fn new(client: Client, key: Key, provider: &str, gas_price: GasPrice) -> Self {
        let provider = match provider {
            "" => key.address().to_string(),
            other => other.to_string(),
        };
        Chain { client, key, provider, gas_price }
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The provider's address.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The address that signs: the provider's or its operator's.
    pub fn signer(&self) -> &str {
        self.key.address()
    }

    pub(crate) async fn ask<Q: Message, R: Message + Default>(&self, method: &str, request: &Q) -> Result<R> {
        self.client.query(method, request, None).await
    }

    /// Every item of a paged query.
    pub(crate) async fn all<T, R: Message + Default>(
        &self,
        method: &str,
        request: impl Fn(Option<PageRequest>) -> Vec<u8>,
        take: impl Fn(R) -> (Vec<T>, Option<PageResponse>),
    ) -> Result<Vec<T>> {
        let mut items = Vec::new();
        let mut key = Vec::new();
        loop {
            let page = PageRequest { key, limit: PAGE, ..PageRequest::default() };
            let bytes = self.client.query_bytes(method, request(Some(page)), None).await?;
            let answer = R::decode(bytes.as_slice())
                .map_err(|e| aliquot_client::Error::Decode { what: method.into(), reason: e.to_string() })?;
            let (more, page) = take(answer);
            items.extend(more);
            key = page.map(|p| p.next_key).unwrap_or_default();
            if key.is_empty() {
                return Ok(items);
            }
        }
    }

    pub async fn open_orders(&self) -> Result<Vec<market::Order>> {
        let filters = Some(market::OrderFilters { state: market::OrderState::Open.into(), ..Default::default() });
        self.all(
            "/aliquot.market.v1.Query/Orders",
            |pagination| {
                let filters = filters.clone();
                market::QueryOrdersRequest { filters, pagination }.encode_to_vec()
            },
            |r: market::QueryOrdersResponse| (r.orders, r.pagination),
        )
        .await
    }

    pub async fn order(&self, id: &market::OrderId) -> Result<Option<market::Order>> {
        let request = market::QueryOrderRequest { id: Some(id.clone()) };
        let answer = self.ask("/aliquot.market.v1.Query/Order", &request).await;
        found(answer, |r: market::QueryOrderResponse| r.order)
    }

    /// The provider's bid on an order.
    pub async fn own_bid(&self, order: &market::OrderId) -> Result<Option<market::Bid>> {
        let request = market::QueryBidRequest { id: Some(self.lease_of(order)) };
        let answer = self.ask("/aliquot.market.v1.Query/Bid", &request).await;
        found(answer, |r: market::QueryBidResponse| r.bid)
    }

    pub async fn job(&self, id: &market::LeaseId) -> Result<Option<compute::Job>> {
        let request = compute::QueryJobRequest { id: Some(id.clone()) };
        let answer = self.ask("/aliquot.compute.v1.Query/Job", &request).await;
        found(answer, |r: compute::QueryJobResponse| r.job)
    }

    /// The provider's jobs in a phase.
    pub async fn jobs(&self, phase: compute::JobPhase) -> Result<Vec<compute::Job>> {
        self.all(
            "/aliquot.compute.v1.Query/Jobs",
            |pagination| {
                let (provider, phase) = (self.provider.clone(), phase.into());
                compute::QueryJobsRequest { provider, phase, pagination }.encode_to_vec()
            },
            |r: compute::QueryJobsResponse| (r.jobs, r.pagination),
        )
        .await
    }

    pub async fn devices(&self) -> Result<Vec<compute::Device>> {
        self.all(
            "/aliquot.compute.v1.Query/Devices",
            |pagination| {
                let provider = self.provider.clone();
                compute::QueryDevicesRequest { provider, pagination }.encode_to_vec()
            },
            |r: compute::QueryDevicesResponse| (r.devices, r.pagination),
        )
        .await
    }

    pub async fn device(&self, id: &[u8]) -> Result<Option<compute::Device>> {
        let request = compute::QueryDeviceRequest { id: id.to_vec() };
        let answer = self.ask("/aliquot.compute.v1.Query/Device", &request).await;
        found(answer, |r: compute::QueryDeviceResponse| r.device)
    }

    /// The provider's record, or `None` if it is not registered.
    pub async fn record(&self) -> Result<Option<provider::Provider>> {
        let request = provider::QueryProviderRequest { owner: self.provider.clone() };
        let answer = self.ask("/aliquot.provider.v1.Query/Provider", &request).await;
        found(answer, |r: provider::QueryProviderResponse| r.provider)
    }

    pub async fn compute_params(&self) -> Result<compute::Params> {
        let request = compute::QueryParamsRequest {};
        let answer = self.ask("/aliquot.compute.v1.Query/Params", &request).await;
        answer.map(|r: compute::QueryParamsResponse| r.params.unwrap_or_default())
    }

    pub async fn market_params(&self) -> Result<market::Params> {
        let request = market::QueryParamsRequest {};
        let answer = self.ask("/aliquot.market.v1.Query/Params", &request).await;
        answer.map(|r: market::QueryParamsResponse| r.params.unwrap_or_default())
    }

    pub async fn deployment_params(&self) -> Result<deployment::Params> {
        let request = deployment::QueryParamsRequest {};
        let answer = self.ask("/aliquot.deployment.v1.Query/Params", &request).await;
        answer.map(|r: deployment::QueryParamsResponse| r.params.unwrap_or_default())
    }

    /// The kernels that the chain knows and this program computes in the very same way.
    pub async fn shared_kernels(&self) -> Result<Vec<Kernel>> {
        let request = compute::QueryKernelsRequest {};
        let answer: compute::QueryKernelsResponse = self.ask("/aliquot.compute.v1.Query/Kernels", &request).await?;
        let same = |known: &compute::Kernel| {
            let kernel = Kernel::by_name(&known.name)?;
            let equal = known.spec_hash == kernel.spec_hash() && known.vectors_hash == kernel.vectors_hash();
            if !equal {
                tracing::warn!(kernel = known.name, "the chain has another version of this kernel: no bids on it");
            }
            equal.then_some(kernel)
        };
        Ok(answer.kernels.iter().filter_map(same).collect())
    }

    /// What the provider has earned and not withdrawn, in whole base units, by denom.
    pub async fn unpaid(&self) -> Result<Vec<Coin>> {
        const SUB: u128 = 1_000_000;
        let request = escrow::QueryEarningsRequest { payee: self.provider.clone() };
        let answer = self.ask("/aliquot.escrow.v1.Query/Earnings", &request).await;
        let earnings = found(answer, |r: escrow::QueryEarningsResponse| Some(r.earnings))?;
        let sub = |text: &str| text.parse::<u128>().unwrap_or(0);
        let open = |e: escrow::Earnings| {
            let amount = sub(&e.earned_sub).saturating_sub(sub(&e.withdrawn_sub)) / SUB;
            Coin::new(amount, e.denom)
        };
        let coins = earnings.unwrap_or_default().into_iter().map(open);
        Ok(coins.filter(|coin| coin.amount > 0).collect())
    }

    /// The public key that an account signs with, compressed; `None` if the chain knows no single key of it.
    pub async fn public_key(&self, address: &str) -> Result<Option<Vec<u8>>> {
        let request = QueryAccountInfoRequest { address: address.into() };
        let answer = self.ask("/cosmos.auth.v1beta1.Query/AccountInfo", &request).await;
        let key = found(answer, |r: QueryAccountInfoResponse| r.info?.pub_key)?;
        let single = format!("/{}", PubKey::full_name());
        let single = key.filter(|any| any.type_url == single);
        Ok(single.and_then(|any| PubKey::decode(any.value.as_slice()).ok()).map(|key| key.key))
    }

    /// Names the provider's bid on an order, and the lease made from it.
    pub fn lease_of(&self, order: &market::OrderId) -> market::LeaseId {
        market::LeaseId {
            owner: order.owner.clone(),
            dseq: order.dseq,
            gseq: order.gseq,
            oseq: order.oseq,
            provider: self.provider.clone(),
        }
    }
}

/// Turns "there is no such thing" into `None`.
pub(crate) fn found<R, T>(answer: Result<R>, take: impl FnOnce(R) -> Option<T>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(take(answer)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_absent(error: &aliquot_client::Error) -> bool {
    // The modules' own codes for things that are not there.
    let absent = matches!(
        error.code(),
        Some(("market", 2 | 4 | 13) | ("deployment", 2 | 8) | ("compute", 6 | 11) | ("provider", 3))
    );
    absent || error.is_not_found()
}
