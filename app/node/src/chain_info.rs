//! What wallets are told of a chain: the ChainInfo that Keplr's `experimentalSuggestChain` and its like take.

use aliquot_client::{ADDRESS_PREFIX, BASE_DENOM};
use serde_json::{Value, json};

/// What a wallet shows of the base denom.
pub const SYMBOL: &str = "ALQ";
pub const DECIMALS: u32 = 6;
/// Cosmos's, which Ledgers know.
pub const COIN_TYPE: u32 = 118;
/// Prices of gas that wallets offer, in base units: slow, usual, fast. A node that asks for more lifts them.
const GAS_PRICES: [f64; 3] = [0.01, 0.025, 0.04];

pub fn keplr(chain_id: &str, name: &str, rpc: &str, rest: &str, [low, average, high]: [f64; 3]) -> Value {
    let currency = json!({"coinDenom": SYMBOL, "coinMinimalDenom": BASE_DENOM, "coinDecimals": DECIMALS});
    let mut fee_currency = currency.as_object().cloned().unwrap_or_default();
    fee_currency.insert("gasPriceStep".into(), json!({"low": low, "average": average, "high": high}));
    json!({
        "chainId": chain_id, "chainName": name, "rpc": rpc, "rest": rest,
        "bip44": {"coinType": COIN_TYPE},
        "bech32Config": {
            "bech32PrefixAccAddr": ADDRESS_PREFIX,
            "bech32PrefixAccPub": format!("{ADDRESS_PREFIX}pub"),
            "bech32PrefixValAddr": format!("{ADDRESS_PREFIX}valoper"),
            "bech32PrefixValPub": format!("{ADDRESS_PREFIX}valoperpub"),
            "bech32PrefixConsAddr": format!("{ADDRESS_PREFIX}valcons"),
            "bech32PrefixConsPub": format!("{ADDRESS_PREFIX}valconspub"),
        },
        "currencies": [currency], "feeCurrencies": [fee_currency], "features": ["cosmwasm"],
    })
}

/// What wallets offer, none of it below what the node takes.
pub fn gas_prices(minimum: &str) -> [f64; 3] {
    let own = minimum.split(',').find_map(|price| price.trim().strip_suffix(BASE_DENOM));
    let least = own.and_then(|number| number.parse::<f64>().ok()).unwrap_or_default();
    let [low, average, high] = GAS_PRICES;
    let lift = if least > low { least / low } else { 1.0 };
    // In millionths, as nodes state them.
    [low, average, high].map(|price| (price * lift * 1e6).ceil() / 1e6)
}

#[cfg(test)]
mod tests {
    use super::gas_prices;

    #[test]
    fn wallets_offer_no_price_that_the_node_refuses() {
        assert_eq!(gas_prices(""), [0.01, 0.025, 0.04]);
        assert_eq!(gas_prices("0.001000ualq"), [0.01, 0.025, 0.04]);
        assert_eq!(gas_prices("2.000000utest,0.050000ualq"), [0.05, 0.125, 0.2]);
    }
}
