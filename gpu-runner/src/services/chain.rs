//! What services ask of the chain, and the messages that they send.

use aliquot_client::{TxOutcome, any, rpc::Result};
use aliquot_proto::{
    deployment::v1 as deployment,
    market::v1::{self as market, LeaseClosedReason, LeaseId, LeaseState},
    prost::Message,
    provider::v1 as provider,
};

use super::bid::Bid;
use crate::{
    chain::{Chain, found},
    price::Coin,
};

/// A deployment with this provider's leases of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deployed {
    /// SHA-256 of its manifest.
    pub hash: Vec<u8>,
    /// Each with the group that it was made of.
    pub leases: Vec<(market::Lease, deployment::GroupSpec)>,
}

impl Chain {
    pub async fn lease(&self, id: &LeaseId) -> Result<Option<market::Lease>> {
        let request = market::QueryLeaseRequest { id: Some(id.clone()) };
        let answer = self.ask("/aliquot.market.v1.Query/Lease", &request).await;
        found(answer, |r: market::QueryLeaseResponse| r.lease)
    }

    /// The provider's service leases in a state, of one owner and deployment where these are given.
    pub async fn leases(&self, state: LeaseState, owner: &str, dseq: u64) -> Result<Vec<market::Lease>> {
        let filters =
            market::LeaseFilters { owner: owner.into(), dseq, provider: self.provider().into(), state: state.into() };
        let leases = self.all(
            "/aliquot.market.v1.Query/Leases",
            |pagination| {
                let filters = Some(filters.clone());
                market::QueryLeasesRequest { filters, pagination }.encode_to_vec()
            },
            |r: market::QueryLeasesResponse| (r.leases, r.pagination),
        );
        Ok(leases.await?.into_iter().filter(|lease| lease.rate.is_some()).collect())
    }

    /// The provider's open bids on services.
    pub async fn open_bids(&self) -> Result<Vec<market::Bid>> {
        let filters = market::BidFilters {
            provider: self.provider().into(),
            state: market::BidState::Open.into(),
            ..market::BidFilters::default()
        };
        let bids = self.all(
            "/aliquot.market.v1.Query/Bids",
            |pagination| {
                let filters = Some(filters.clone());
                market::QueryBidsRequest { filters, pagination }.encode_to_vec()
            },
            |r: market::QueryBidsResponse| (r.bids, r.pagination),
        );
        Ok(bids.await?.into_iter().filter(|bid| bid.rate.is_some()).collect())
    }

    /// A deployment as a manifest for it is measured by.
    pub async fn deployed(&self, owner: &str, dseq: u64) -> Result<Option<Deployed>> {
        let request = deployment::QueryDeploymentRequest { owner: owner.into(), dseq };
        let answer = self.ask("/aliquot.deployment.v1.Query/Deployment", &request).await;
        let Some(answer) = found(answer, |r: deployment::QueryDeploymentResponse| Some(r))? else {
            return Ok(None);
        };
        let Some(at) = answer.deployment else { return Ok(None) };
        let mut deployed = Deployed { hash: at.hash, leases: Vec::new() };
        for state in [LeaseState::Active, LeaseState::Reclaiming, LeaseState::Paused, LeaseState::Standby] {
            for lease in self.leases(state, owner, dseq).await? {
                let Some(id) = &lease.id else { continue };
                if let Some(spec) = self.group_of(id).await? {
                    deployed.leases.push((lease, spec));
                }
            }
        }
        Ok(Some(deployed))
    }

    /// The group that a lease was made of, as the lease was last amended.
    pub async fn group_of(&self, id: &LeaseId) -> Result<Option<deployment::GroupSpec>> {
        let order = market::OrderId { owner: id.owner.clone(), dseq: id.dseq, gseq: id.gseq, oseq: id.oseq };
        Ok(self.order(&order).await?.and_then(|order| order.spec))
    }

    pub async fn provider_params(&self) -> Result<provider::Params> {
        let request = provider::QueryParamsRequest {};
        let answer = self.ask("/aliquot.provider.v1.Query/Params", &request).await;
        answer.map(|r: provider::QueryParamsResponse| r.params.unwrap_or_default())
    }

    pub async fn bid_for_service(&self, bid: &Bid, device_id: &[u8], deposit: &Coin) -> Result<TxOutcome> {
        let msg = market::MsgCreateBid {
            signer: self.signer().into(),
            id: Some(bid.id.clone()),
            device_id: device_id.to_vec(),
            deposit: Some(deposit.into()),
            rate: Some(deployment::Rate { denom: bid.denom.clone(), amount_sub: bid.rate.to_string() }),
            items: bid.items.clone(),
            reclamation_blocks: bid.reclamation_blocks,
            ..market::MsgCreateBid::default()
        };
        self.send(vec![any(&msg)], 0).await
    }

    /// Leaves a lease, or takes an open bid back.
    pub async fn close_bid(&self, id: &LeaseId, reason: LeaseClosedReason) -> Result<TxOutcome> {
        let msg = market::MsgCloseBid { signer: self.signer().into(), id: Some(id.clone()), reason: reason.into() };
        self.send(vec![any(&msg)], 0).await
    }

    /// Gives notice of leaving a lease.
    pub async fn start_reclaim(&self, id: &LeaseId, reason: LeaseClosedReason) -> Result<TxOutcome> {
        let msg = market::MsgStartReclaim { signer: self.signer().into(), id: Some(id.clone()), reason: reason.into() };
        self.send(vec![any(&msg)], 0).await
    }

    pub async fn heartbeat(&self) -> Result<TxOutcome> {
        let msg = provider::MsgHeartbeat { signer: self.signer().into(), provider: self.provider().into() };
        self.send(vec![any(&msg)], 0).await
    }
}
