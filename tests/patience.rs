//! Servers that never answer, for as long as the program waits for them: a minute, or half of one.

use std::collections::BTreeSet;

use kms_tests::{
    cloud::{BATCH, Cloud, Fault, FaultKind},
    daemon::{Home, Running},
    samples::{
        BtcSample, ETH_WALLET, eth_transfer, eth_wallet, pending_id, queue_with_changing_nonce,
    },
};

const ETH_BROADCAST: &str = "/v3/ethereum/broadcast";

#[test]
fn a_broadcast_that_never_answers_stops_no_other_chain_and_is_repeated_with_the_same_bytes() {
    let (cloud, btc) = (Cloud::start(), BtcSample::load());
    let id = pending_id(1);
    cloud.keep_listing();
    queue_with_changing_nonce(&cloud, &id);
    cloud.fault(
        Fault::on("POST", ETH_BROADCAST, FaultKind::Hang)
            .taking_effect()
            .times(1),
    );
    let home = Home::with_wallets([
        (ETH_WALLET, &eth_wallet()),
        (btc.wallet_id.as_str(), &btc.wallet),
    ]);
    let mut command = home.daemon(&cloud);
    command.arg("--testnet");
    let daemon = Running::start(command);
    cloud.wait_for_requests(1, "POST", ETH_BROADCAST);

    cloud.queue(&btc.pending);
    cloud.wait_for_broadcast(btc.id());
    cloud.wait_for_requests(2, "POST", ETH_BROADCAST);
    cloud.wait_for("both broadcasts", |state| {
        (state.broadcasts_of(&id).count() == 2).then_some(())
    });
    let done = daemon.stop();

    assert_eq!(done.code(), Some(0), "{done:?}");
    assert_eq!(cloud.signed(&id).len(), 1, "{done:?}");
    assert_eq!(cloud.signed(btc.id()), BTreeSet::from([btc.signed]));
}

#[test]
fn a_4_eye_server_that_never_answers_is_given_up() {
    let cloud = Cloud::start();
    let (hangs, good) = (pending_id(1), pending_id(2));
    cloud.queue(&eth_transfer(&hangs, 7));
    cloud.queue(&eth_transfer(&good, 8));
    cloud.fault(Fault::on(
        "GET",
        &format!("/approve/{hangs}"),
        FaultKind::Hang,
    ));
    let home = Home::with_wallets([(ETH_WALLET, &eth_wallet())]);
    let mut command = home.daemon(&cloud);
    command.args(["--testnet", "--run-once", "--external-url"]);
    command.arg(cloud.approval_url());

    let done = Running::start(command).finish();

    assert!(cloud.signed(&hangs).is_empty(), "{done:?}");
    assert_eq!(cloud.signed(&good).len(), 1, "{done:?}");
    let batches = cloud.look(|state| state.requests_to("POST", BATCH).count());
    assert_eq!(batches, 0);
}
