//! The end: what the chain holds for everyone, beside what the books say.

use super::{
    Market,
    books::{Books, FEE_PARTS, Fees},
    cast::Tenant,
};
use crate::teller::{number, text};
use aliquot_proto::compute::v1::EventSlashed;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;

const SUB: u128 = 1_000_000;

/// Balances by account.
pub type Balances = BTreeMap<String, u128>;

/// Millionths as units with all their digits.
fn units(sub: u128) -> String {
    format!("{}.{:06}", sub / SUB, sub % SUB)
}

impl Market {
    pub(super) fn balances(&self) -> Result<Balances> {
        self.cast
            .tenants()
            .into_iter()
            .map(|tenant| Ok((tenant.account.clone(), self.teller.balance(&tenant.account)?)))
            .collect()
    }

    pub(super) async fn who_has_what(&mut self, before: &Balances, end: u64) -> Result<()> {
        self.teller.headline(&format!("Who has what at height {end}, to the millionth of a ualq"));
        let books = Books::of(self.story.seen(), self.fees()?)?;
        let mut remainders = 0;
        for tenant in self.cast.tenants() {
            remainders += self.tenant_has(&tenant, before, &books)?;
        }
        let unpaid = self.payees_have(&books)?;
        self.books_balance(unpaid + remainders)
    }

    fn fees(&self) -> Result<Fees> {
        let answer = self.teller.run(&["query", "escrow", "params"])?;
        let bps = |name: &str| answer["params"][name].as_u64().map(u128::from).with_context(|| format!("no {name}"));
        let (stakers_bps, community_bps) = (bps("fee_stakers_bps")?, bps("fee_community_bps")?);
        Ok(Fees { fee_bps: bps("fee_bps")?, stakers_bps, community_bps })
    }

    /// Compares a tenant's refund and balance; gives what is below a unit and waits for the next refund.
    fn tenant_has(&self, tenant: &Tenant, before: &Balances, books: &Books) -> Result<u128> {
        let of = |map: &BTreeMap<u64, u128>| map.get(&tenant.dseq).copied().unwrap_or(0);
        let (deposited, paid, refunded) = (of(&books.deposited), of(&books.paid), of(&books.refunded));
        let left = (deposited * SUB).checked_sub(paid).context("more was paid than deposited")?;
        let blocks = books.blocks.get(&tenant.dseq).copied().unwrap_or(0);
        println!(
            "  {}: deposited {deposited} - {} for {blocks} blocks = {}; returned {refunded}",
            tenant.account,
            units(paid),
            units(left)
        );
        ensure!(blocks > 0 && refunded == left / SUB, "{} got back {refunded} of {}", tenant.account, units(left));
        let slashed = self.slashed_for(tenant.dseq)?;
        let fees = self.teller.fees(&tenant.account);
        let (had, has) = (before[&tenant.account], self.teller.balance(&tenant.account)?);
        println!("      {had} - deposits {deposited} - fees {fees} + returned {refunded} + of bonds {slashed} = {has}");
        ensure!(had + refunded + slashed == has + deposited + fees, "the balance of {} is {has}", tenant.account);
        Ok(left % SUB)
    }

    /// What of a provider's bond a tenant got.
    fn slashed_for(&self, dseq: u64) -> Result<u128> {
        let mut sum = 0;
        for (_, event) in self.story.seen() {
            let slash = event.decode::<EventSlashed>().transpose()?;
            if let Some(slash) = slash.filter(|e| e.id.as_ref().is_some_and(|id| id.dseq == dseq)) {
                sum += slash.to_tenant.parse::<u128>()?;
            }
        }
        Ok(sum)
    }

    /// Compares what every payee earned; gives what of it is not withdrawn.
    fn payees_have(&mut self, books: &Books) -> Result<u128> {
        // Its own transactions would come between those of the command line.
        self.cheap.runner.stop();
        self.dear.runner.stop();
        let mut unpaid = 0;
        for (account, address) in [
            (self.cheap.account.clone(), self.cheap.address.clone()),
            (self.dear.account.clone(), self.dear.address.clone()),
        ] {
            let expected = books.earned.get(&address).copied().unwrap_or(0);
            let (earned, _) = self.earnings(&address)?;
            println!("  {account}: earned {}, as the books say {}", units(earned), units(expected));
            ensure!(earned == expected && earned > 0, "{account} earned {earned}, the books say {expected}");
            let paid = self.teller.transact(&account, &["tx", "escrow", "withdraw"])?;
            ensure!(text(&paid["paid"]) == format!("{}ualq", earned / SUB), "withdrew {}", paid["paid"]);
            let (_, withdrawn) = self.earnings(&address)?;
            unpaid += earned - withdrawn;
        }
        for name in FEE_PARTS {
            let expected = books.earned.get(name).copied().unwrap_or(0);
            let account = if name == "stakers" { "fee_stakers" } else { name };
            let account = self.teller.run(&["query", "auth", "module-account-by-name", account])?;
            let address = text(&account["account"]["base_account"]["address"]).to_string();
            let (earned, withdrawn) = self.earnings(&address)?;
            println!("  fees, {name}: {}, as the books say {}", units(earned), units(expected));
            ensure!(earned == expected && earned > 0, "{name} earned {earned}, the books say {expected}");
            unpaid += earned - withdrawn;
        }
        Ok(unpaid)
    }

    /// Earned and withdrawn.
    fn earnings(&self, address: &str) -> Result<(u128, u128)> {
        let answer = self.teller.run(&["query", "escrow", "earnings", address])?;
        let earnings = &answer["earnings"][0];
        ensure!(earnings["rate_sub"] == "0", "it still earns: {earnings}");
        Ok((number(&earnings["earned_sub"])?, number(&earnings["withdrawn_sub"])?))
    }

    fn books_balance(&self, unpaid: u128) -> Result<()> {
        let audit = self.teller.run(&["query", "escrow", "audit"])?;
        let ualq = audit["denoms"].as_array().and_then(|all| all.iter().find(|d| d["denom"] == "ualq"));
        let ualq = ualq.with_context(|| format!("no books of ualq: {audit}"))?;
        println!(
            "  the escrow holds {}: deposits {}, earned and not withdrawn, with remainders of refunds, {}; balanced: {}",
            units(number(&ualq["module_balance_sub"])?),
            units(number(&ualq["deposits_sub"])?),
            units(number(&ualq["unpaid_sub"])?),
            audit["balanced"]
        );
        ensure!(audit["balanced"] == true, "the escrow's books do not balance: {audit}");
        ensure!(ualq["deposits_sub"] == "0" && ualq["holds_sub"] == "0", "something is left of deposits: {ualq}");
        ensure!(number(&ualq["unpaid_sub"])? == unpaid, "unpaid is {}, the books say {unpaid}", ualq["unpaid_sub"]);
        Ok(())
    }
}
