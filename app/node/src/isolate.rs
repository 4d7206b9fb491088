//! One bad item of a queue must not stop the chain.

use aliquot_sdk::{Ctx, Result};
use std::fmt::Display;

/// Runs what falls due for one item at the begin or end of a block. If it fails everything it did is undone, an event
/// says so, and the block goes on; only a failing database, which is this node's alone, is passed on.
pub fn isolate(ctx: &mut Ctx, item: impl Display, run: impl FnOnce(&mut Ctx) -> Result<()>) -> Result<()> {
    match ctx.atomic(run) {
        Err(error) if error.is_io() => Err(error),
        Err(error) => {
            tracing::error!(%item, %error, "set aside");
            let code = error.code.to_string();
            let attributes = [("item", &*item.to_string()), ("codespace", error.codespace), ("code", &code)];
            ctx.emit_plain("quarantined", &attributes);
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aliquot_sdk::Sdk;

    #[test]
    fn a_failing_item_leaves_an_event_and_nothing_else() {
        let mut ctx = Ctx::test();
        isolate(&mut ctx, "queue/7", |ctx| {
            ctx.write("bank", vec![1], vec![1])?;
            ctx.emit_plain("lost", &[]);
            Err(Sdk::Logic("broken".into()).into())
        })
        .unwrap();
        assert_eq!(ctx.read("bank", &[1]).unwrap(), None);
        let events = ctx.take_events();
        assert_eq!(events.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(), ["quarantined"]);
        assert!(isolate(&mut ctx, "disk", |_| Err(Sdk::Io("gone".into()).into())).is_err());
    }
}
