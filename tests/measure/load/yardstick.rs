//! What a bare signature costs on this machine at this moment.

use std::{
    hint::black_box,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use k256::ecdsa::SigningKey;

/// How many signatures of a thread are timed together.
const BATCH: u32 = 500;
/// How often that is done. The quickest time counts: the others had something in their way.
const BATCHES: usize = 8;

/// The time on a processor of one recoverable ECDSA signature on secp256k1, while all processors
/// sign: the daemon keeps them all busy too, and two of them may be one core.
pub(crate) fn signature() -> Result<Duration> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(timed)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().ok().flatten())
            .max()
            .flatten()
            .context("no signature could be timed")
    })
}

fn timed() -> Option<Duration> {
    let key = SigningKey::from_slice(&[1; 32]).ok()?;
    (0..BATCHES)
        .map(|_| {
            let began = Instant::now();
            for _ in 0..BATCH {
                let _ = black_box(key.sign_prehash_recoverable(black_box(&[2; 32])));
            }
            began.elapsed() / BATCH
        })
        .min()
}
