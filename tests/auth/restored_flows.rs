//! Stored flows are added to those that are open already.

use std::time::Duration;

use gotrue::{
    Client, PkceFlows,
    auth::{FlowKind, PkceFlow},
};
use gotrue_fake::ManualClock;

const MINUTE: Duration = Duration::from_secs(60);

fn flows(clock: &ManualClock) -> PkceFlows {
    Client::builder().clock(clock.clone()).build().unwrap().pkce_flows()
}

fn ids(flows: &[PkceFlow]) -> Vec<&str> {
    flows.iter().map(PkceFlow::id).collect()
}

/// Flows, one a minute.
fn started<const N: usize>(flows: &mut PkceFlows, clock: &ManualClock) -> [PkceFlow; N] {
    std::array::from_fn(|_| {
        clock.advance(MINUTE);
        flows.start(FlowKind::MagicLink).unwrap()
    })
}

#[test]
fn restored_flows_join_open_ones() {
    let clock = ManualClock::new();
    let mut before = flows(&clock);
    let [first, second] = started(&mut before, &clock);
    let saved = before.save();

    // Each number of flows that are open already, stored ones among them or not.
    for open in 0..3 {
        for again in 0..3 {
            let mut flows = flows(&clock);
            flows.restore(saved[..again].to_vec());
            clock.advance(MINUTE);
            let own: Vec<_> = (0..open).map(|_| flows.start(FlowKind::SignIn).unwrap()).collect();
            flows.restore(saved.clone());
            let expected = [ids(&saved), ids(&own)].concat();
            assert_eq!(ids(&flows.save()), expected, "oldest first: {open} open, {again} restored before");
            assert_eq!(flows.len(), open + 2);
            for flow in [&first, &second].into_iter().chain(&own) {
                assert_eq!(flows.take(flow.id()).unwrap().verifier(), flow.verifier());
            }
            assert!(flows.is_empty());
        }
    }
}

#[test]
fn restored_flows_are_as_old_as_they_are() {
    let clock = ManualClock::new();
    let mut before = flows(&clock).capacity(3);
    let [oldest, old] = started(&mut before, &clock);
    let saved = before.save();
    let mut flows = flows(&clock).capacity(3);
    let [new, newest] = started(&mut flows, &clock);
    flows.restore(saved);
    // The capacity applies, and the oldest goes first.
    assert_eq!(ids(&flows.save()), [old.id(), new.id(), newest.id()]);
    assert!(flows.take(oldest.id()).is_err());

    // An open flow keeps its time when it is restored again from an older copy.
    let copy = flows.save();
    clock.advance(MINUTE);
    flows.restore(copy);
    assert_eq!(flows.len(), 3);
    clock.advance((24 * 60 - 5) * MINUTE);
    assert_eq!(ids(&flows.save()), [old.id(), new.id(), newest.id()]);
    for left in [3, 2, 1, 0] {
        clock.advance(MINUTE);
        assert_eq!(flows.len(), left);
    }
}
