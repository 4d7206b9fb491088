//! Messages of `validator`.

use super::{Error, MAX_TOTAL_POWER, all, check, check_authority, consensus_address, params, state::*};
use aliquot_proto::validator::v1 as pb;
use aliquot_sdk::{Ctx, Result, Routes, ensure};

pub fn routes(r: &mut Routes) {
    r.msg(update_validators).msg(replace_vrf_key);
}

fn update_validators(ctx: &mut Ctx, msg: pb::MsgUpdateValidators) -> Result<pb::MsgUpdateValidatorsResponse> {
    check_authority(ctx, &msg.authority)?;
    for validator in &msg.validators {
        check(validator)?;
        let fresh = validator.next_vrf_key.is_empty() && validator.next_vrf_height == 0;
        ensure(fresh, || Error::InvalidValidator("next_vrf_key is set by MsgReplaceVrfKey alone".into()))?;
        let address = consensus_address(&validator.consensus_key);
        let known = VALIDATORS.get(ctx, &address)?;
        match (validator.power, &known) {
            (0, None) => return Err(Error::NotFound(hex::encode(&validator.consensus_key)).into()),
            (0, Some(_)) => VALIDATORS.remove(ctx, &address)?,
            (_, Some(old)) if old.vrf_key != validator.vrf_key => {
                return Err(Error::InvalidValidator("vrf_key is replaced by MsgReplaceVrfKey alone".into()).into());
            }
            (_, Some(old)) => {
                let kept = pb::Validator {
                    next_vrf_key: old.next_vrf_key.clone(),
                    next_vrf_height: old.next_vrf_height,
                    ..validator.clone()
                };
                VALIDATORS.set(ctx, &address, &kept)?;
            }
            (_, None) => VALIDATORS.set(ctx, &address, validator)?,
        }
        let mut updates = UPDATES.load_or_default(ctx)?;
        updates.validators.retain(|other| other.consensus_key != validator.consensus_key);
        updates.validators.push(validator.clone());
        UPDATES.set(ctx, &updates)?;
        let event =
            pb::EventValidatorUpdated { consensus_key: validator.consensus_key.clone(), power: validator.power };
        ctx.emit(&event)?;
    }
    let total = all(ctx)?.iter().try_fold(0u64, |sum, v| sum.checked_add(v.power));
    ensure(total.is_some_and(|total| (1..=MAX_TOTAL_POWER).contains(&total)), || Error::InvalidTotalPower)?;
    Ok(pb::MsgUpdateValidatorsResponse {})
}

fn replace_vrf_key(ctx: &mut Ctx, msg: pb::MsgReplaceVrfKey) -> Result<pb::MsgReplaceVrfKeyResponse> {
    let address = consensus_address(&msg.consensus_key);
    let found = VALIDATORS.get(ctx, &address)?;
    let mut validator = found.ok_or_else(|| Error::NotFound(hex::encode(&msg.consensus_key)))?;
    ensure(validator.operator == msg.operator, || Error::NotOperator(validator.operator.clone()))?;
    crate::vrf::check_public_key(&msg.vrf_key).map_err(|e| Error::InvalidValidator(format!("vrf_key: {e}")))?;
    if !validator.next_vrf_key.is_empty() && ctx.block.height >= validator.next_vrf_height {
        validator.vrf_key = std::mem::take(&mut validator.next_vrf_key);
    }
    let wait = params(ctx)?.epoch_blocks.saturating_mul(2);
    validator.next_vrf_height = ctx.block.height.saturating_add(wait);
    validator.next_vrf_key = msg.vrf_key;
    VALIDATORS.set(ctx, &address, &validator)?;
    let effective_height = validator.next_vrf_height;
    ctx.emit(&pb::EventVrfKeyReplaced { consensus_key: validator.consensus_key, effective_height })?;
    Ok(pb::MsgReplaceVrfKeyResponse { effective_height })
}
