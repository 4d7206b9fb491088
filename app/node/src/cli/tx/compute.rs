//! `aliquotd tx compute`: devices and the bonds behind their work.

use super::{super::amount, Session};
use aliquot_proto::compute::v1 as pb;
use anyhow::{Context, Result};
use clap::Subcommand;
use serde_json::json;

#[derive(Subcommand)]
pub enum Compute {
    /// Registers a device of the signer with its bond.
    RegisterDevice {
        bond: String,
        /// Tells the devices of one provider apart.
        #[arg(long, default_value_t = 1)]
        nonce: u64,
    },
    /// Adds to a device's bond, or takes from its free part.
    UpdateBond {
        /// The device, in hex.
        device: String,
        amount: String,
        /// Takes instead of adding.
        #[arg(long)]
        withdraw: bool,
    },
}

impl Compute {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let provider = session.address().to_string();
        match self {
            Compute::RegisterDevice { bond, nonce } => {
                let message = pb::MsgRegisterDevice { provider, nonce, bond: Some(amount::coin(&bond)?) };
                session
                    .send_telling(&message, |outcome| {
                        let answer: pb::MsgRegisterDeviceResponse = outcome.response(0)?;
                        Ok(("device_id", json!(hex::encode(answer.device_id))))
                    })
                    .await
            }
            Compute::UpdateBond { device, amount, withdraw } => {
                let device_id = hex::decode(&device).with_context(|| format!("device {device:?} is not hex"))?;
                let amount = Some(amount::coin(&amount)?);
                session.send(&pb::MsgUpdateBond { provider, device_id, amount, withdraw }).await
            }
        }
    }
}
