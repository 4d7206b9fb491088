//! Events of contracts: marked with the address of who emitted them, so that none can speak for another.

use super::Error;
use aliquot_sdk::{Address, Ctx, Event, Result, ensure};
use cosmwasm_std::{Attribute, Event as ContractEvent};

pub const CONTRACT_ADDRESS: &str = "_contract_address";
/// Least length of a contract's own event name.
const MIN_NAME: usize = 3;
/// Gas of an attribute, of an event, and of a byte in them after the first of a response, as wasmd charges.
const ATTRIBUTE_GAS: u64 = 10;
const EVENT_GAS: u64 = 20;
const FREE_BYTES: u64 = 100;

/// Emits what a response carries: `wasm` with its attributes if it has any, then `wasm-<name>` for each of its events.
pub fn emit(ctx: &mut Ctx, contract: &Address, attributes: &[Attribute], events: &[ContractEvent]) -> Result<()> {
    ctx.charge("Custom contract event attributes", gas(attributes, events))?;
    if !attributes.is_empty() {
        push(ctx, contract, "wasm".into(), attributes)?;
    }
    for event in events {
        let name = event.ty.trim();
        ensure(name.len() >= MIN_NAME, || Error::InvalidEvent(format!("event type too short: {name:?}")))?;
        push(ctx, contract, format!("wasm-{name}"), &event.attributes)?;
    }
    Ok(())
}

fn push(ctx: &mut Ctx, contract: &Address, kind: String, attributes: &[Attribute]) -> Result<()> {
    let mut out = vec![(CONTRACT_ADDRESS.to_string(), contract.to_string())];
    for attribute in attributes {
        let (key, value) = (attribute.key.trim(), attribute.value.trim());
        ensure(!key.is_empty(), || Error::InvalidEvent(format!("empty attribute key, value: {value:?}")))?;
        ensure(!key.starts_with('_'), || {
            Error::InvalidEvent(format!("attribute key {key:?} starts with the reserved prefix _"))
        })?;
        out.push((key.into(), value.into()));
    }
    ctx.push_event(Event { kind, attributes: out });
    Ok(())
}

fn gas(attributes: &[Attribute], events: &[ContractEvent]) -> u64 {
    let all = attributes.iter().chain(events.iter().flat_map(|event| &event.attributes));
    let len = |text: &str| text.len() as u64;
    let (count, bytes) = all.fold((0u64, 0u64), |(count, bytes), a| {
        (count.saturating_add(1), bytes.saturating_add(len(&a.key)).saturating_add(len(&a.value)))
    });
    let names = events.iter().fold(0u64, |sum, event| sum.saturating_add(EVENT_GAS).saturating_add(len(&event.ty)));
    count.saturating_mul(ATTRIBUTE_GAS).saturating_add(bytes.saturating_sub(FREE_BYTES)).saturating_add(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cosmwasm_std::attr;

    #[test]
    fn no_contract_speaks_in_the_chain_s_name() {
        let (mut ctx, contract) = (Ctx::test(), Address::module("contract"));
        for key in ["_contract_address", " _x", "", "  "] {
            let attribute = Attribute { key: key.into(), value: "v".into() };
            assert_eq!(emit(&mut ctx, &contract, &[attribute], &[]).unwrap_err().code, 21, "{key:?}");
        }
        assert_eq!(emit(&mut ctx, &contract, &[], &[ContractEvent::new(" ab ")]).unwrap_err().code, 21);
        assert!(ctx.take_events().is_empty());
        emit(&mut ctx, &contract, &[], &[ContractEvent::new("sold")]).unwrap();
        emit(&mut ctx, &contract, &[attr(" a ", " b ")], &[]).unwrap();
        let events = ctx.take_events();
        assert_eq!(events[0], Event::plain("wasm-sold", &[(CONTRACT_ADDRESS, &contract.to_string())]));
        assert_eq!(events[1].attributes[1], ("a".into(), "b".into()));
    }
}
