//! Prints the microseconds of CPU time that the signature of a token takes, for `scripts/load`.
//! Only Linux reports the time of a thread in `/proc`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "an example that cannot go on stops here, and prints its result"
)]

use cognito_emulator::auth::keys::Keyring;

/// Signatures that are measured.
const COUNT: u32 = 2_000;

/// Nanoseconds of CPU time of this thread (`Documentation/scheduler/sched-stats.rst` of Linux).
fn spent() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse().unwrap()
}

fn main() {
    let keys = Keyring::default().next();
    // As long as the signed part of an access token.
    let message = [b'x'; 900];
    std::hint::black_box(keys.access().sign(&message));
    let before = spent();
    for _ in 0..COUNT {
        std::hint::black_box(keys.access().sign(std::hint::black_box(&message)));
    }
    let each = (spent() - before) / u64::from(COUNT);
    println!("{}.{:03}", each / 1_000, each % 1_000);
}
