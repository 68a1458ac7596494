//! The same tests on both places of the state. The store is a real Redis: `redis-server`.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use futures_util::future::join_all;

use super::*;
use crate::config::HiddenText;

/// A Redis of one test, on a socket in its own folder.
struct Redis {
    server: Child,
    folder: tempfile::TempDir,
}

impl Redis {
    /// Starts a server, and waits until it answers.
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let redis = Self {
            server: Self::serve(folder.path()),
            folder,
        };
        redis.wait().await;
        redis
    }

    fn serve(folder: &Path) -> Child {
        Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--unixsocket", "redis.sock"])
            .current_dir(folder)
            .stdout(Stdio::null())
            .spawn()
            .expect("these tests need redis-server (Debian: apt-get install redis-server)")
    }

    async fn wait(&self) {
        for _ in 0..2000 {
            if self.state(&[1]).check().await.is_ok() {
                return;
            }
            tokio::task::yield_now().await;
            std::thread::yield_now();
        }
        panic!("Redis does not answer");
    }

    fn cli(&self, words: &[&str]) {
        let done = Command::new("redis-cli")
            .args(["-s", "redis.sock"])
            .args(words)
            .current_dir(self.folder.path())
            .output()
            .expect("redis-cli is installed with redis-server");
        assert!(done.status.success());
    }

    fn stop(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }

    /// A new connection, as another replica has it, with these keys.
    fn state(&self, keys: &[u8]) -> State {
        let path = self.folder.path().join(format!("{keys:?}.keys"));
        let lines = keys
            .iter()
            .map(|key| aws_smithy_types::base64::encode([*key; 32]));
        let lines: Vec<String> = lines.collect();
        if !path.exists() {
            let mut file = crate::guard::private_file::new_file(&path).unwrap();
            writeln!(file, "# The keys of a test.\n{}", lines.join("\n")).unwrap();
        }
        let socket = self.folder.path().join("redis.sock");
        State::open(&SharedState {
            store: Some(HiddenText(format!("unix://{}", socket.display()))),
            shared_key_file: Some(path),
            ..SharedState::default()
        })
        .unwrap()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

const TABLE: Table = Table {
    name: "test",
    lifetime: Duration::from_mins(1),
    renews: true,
    items: 3,
    bytes: 200,
    owners: 2,
    one_run: false,
};

async fn get(state: &State, table: &Table, owner: &str, id: &str) -> Option<String> {
    state.get(table, owner, id).await.unwrap()
}

async fn put(state: &State, table: &Table, owner: &str, id: &str) -> bool {
    state
        .put(table, owner, id, &format!("value of {id}"))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_value_belongs_to_its_owner() {
    let redis = Redis::start().await;
    for state in [State::process(), redis.state(&[1])] {
        for table in [
            TABLE,
            Table {
                one_run: true,
                ..TABLE
            },
        ] {
            assert!(put(&state, &table, "ana", "1").await);
            assert_eq!(get(&state, &table, "ana", "1").await.unwrap(), "value of 1");
            assert_eq!(get(&state, &table, "ben", "1").await, None);
            assert_eq!(get(&state, &table, "ana", "2").await, None);
            let taken: Option<String> = state.take(&table, "ben", "1").await.unwrap();
            assert_eq!(taken, None);
            let found: (String, String) = state.find(&table, "1").await.unwrap().unwrap();
            assert_eq!(found, ("ana".to_owned(), "value of 1".to_owned()));
            let listed: Vec<String> = state
                .list(
                    &Table {
                        one_run: false,
                        ..TABLE
                    },
                    "ben",
                )
                .await
                .unwrap();
            assert_eq!(listed.len(), 0);
            state.clear(&table).await.unwrap();
            assert_eq!(get(&state, &table, "ana", "1").await, None);
        }
    }
}

#[tokio::test]
async fn the_least_recently_used_value_of_an_owner_is_forgotten() {
    let redis = Redis::start().await;
    for state in [State::process(), redis.state(&[1])] {
        for id in ["1", "2", "3"] {
            assert!(put(&state, &TABLE, "ana", id).await);
        }
        assert!(get(&state, &TABLE, "ana", "1").await.is_some());
        assert!(put(&state, &TABLE, "ana", "4").await);
        assert_eq!(get(&state, &TABLE, "ana", "2").await, None);
        let listed: Vec<String> = state.list(&TABLE, "ana").await.unwrap();
        assert_eq!(listed, ["value of 3", "value of 1", "value of 4"]);

        // One owner does not displace the values of another, and a third has no room.
        for id in ["5", "6", "7", "8"] {
            assert!(put(&state, &TABLE, "ben", id).await);
            assert!(!put(&state, &TABLE, "cleo", id).await);
        }
        let listed: Vec<String> = state.list(&TABLE, "ana").await.unwrap();
        assert_eq!(listed.len(), 3);
        // There is room after an owner has no values.
        for id in ["6", "7", "8"] {
            let taken: Option<String> = state.take(&TABLE, "ben", id).await.unwrap();
            assert!(taken.is_some());
        }
        assert!(put(&state, &TABLE, "cleo", "9").await);
    }
}

#[tokio::test]
async fn values_are_bounded_in_bytes() {
    let redis = Redis::start().await;
    for state in [State::process(), redis.state(&[1])] {
        let long = "x".repeat(120);
        for id in ["1", "2"] {
            assert!(state.put(&TABLE, "ana", id, &long).await.unwrap());
        }
        assert_eq!(get(&state, &TABLE, "ana", "1").await, None);
        assert_eq!(get(&state, &TABLE, "ana", "2").await, Some(long.clone()));
        // The same id again is not a second value.
        assert!(state.put(&TABLE, "ana", "2", &"short").await.unwrap());
        assert!(put(&state, &TABLE, "ana", "3").await);
        assert!(get(&state, &TABLE, "ana", "2").await.is_some());
    }
}

#[tokio::test]
async fn values_are_forgotten_in_time() {
    let redis = Redis::start().await;
    let short = Table {
        lifetime: Duration::from_millis(30),
        ..TABLE
    };
    for state in [State::process(), redis.state(&[1])] {
        assert!(put(&state, &short, "ana", "1").await);
        let begun = tokio::time::Instant::now();
        while state.find::<String>(&short, "1").await.unwrap().is_some() {
            assert!(begun.elapsed() < Duration::from_secs(10));
        }
        assert!(begun.elapsed() + Duration::from_millis(2) >= short.lifetime);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_takers_one_gets_the_value() {
    let redis = Redis::start().await;
    let process = Arc::new(State::process());
    let replicas = [(); 3].map(|()| Arc::new(redis.state(&[1])));
    for states in [vec![process], replicas.to_vec()] {
        let table = Table {
            one_run: true,
            ..TABLE
        };
        assert!(put(&states[0], &table, "ana", "1").await);
        let takers = (0..1000).map(|number| {
            let state = Arc::clone(&states[number % states.len()]);
            tokio::spawn(async move {
                let table = Table {
                    one_run: true,
                    ..TABLE
                };
                state.take::<String>(&table, "ana", "1").await.unwrap()
            })
        });
        let taken = join_all(takers).await;
        let winners = taken
            .into_iter()
            .filter(|taken| taken.as_ref().unwrap().is_some());
        assert_eq!(winners.count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_of_several_replicas_are_not_lost() {
    let redis = Redis::start().await;
    let process = Arc::new(State::process());
    let replicas = [(); 3].map(|()| Arc::new(redis.state(&[1])));
    for states in [vec![process], replicas.to_vec()] {
        let edits = states.iter().map(|state| {
            let state = Arc::clone(state);
            tokio::spawn(async move {
                for _ in 0..50 {
                    loop {
                        let edited =
                            state.edit("count", TABLE.lifetime, |count: &mut u32, _| *count += 1);
                        match edited.await {
                            Ok(()) => break,
                            Err(why) => assert_eq!(why, Unavailable::Busy),
                        }
                    }
                }
            })
        });
        for done in join_all(edits).await {
            done.unwrap();
        }
        let count = states[0]
            .edit("count", TABLE.lifetime, |count: &mut u32, _| *count)
            .await;
        assert_eq!(count, Ok(50 * u32::try_from(states.len()).unwrap()));
        let numbers = join_all(states.iter().map(|state| state.number("series"))).await;
        let mut numbers: Vec<u64> = numbers.into_iter().map(Result::unwrap).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=states.len() as u64).collect::<Vec<u64>>());
    }
}

/// Reserved turns in a row are as far apart as the rate requires, from whichever replica.
#[tokio::test]
async fn replicas_share_the_rate_of_a_lane() {
    let redis = Redis::start().await;
    let replicas = [(); 3].map(|()| redis.state(&[1]));
    for states in [vec![State::process()], replicas.into()] {
        let mut last = Duration::ZERO;
        for number in 0..300 {
            let state = &states[number % states.len()];
            last = state.turn("lane", 25.0, UNIX_EPOCH).await;
        }
        // 300 requests at 25 per second, of which half a second is ahead.
        let exact = 299.0 / 25.0 - 0.5;
        let off = (last.as_secs_f64() - exact).abs() / exact;
        assert!(off < 0.05, "{last:?} {exact}");

        let half = states[0].throttled("other", 25.0, UNIX_EPOCH).await;
        assert!((half - 12.5).abs() < 0.5, "{half}");
        // Refusals at once count as one.
        let again = states[states.len() - 1]
            .throttled("other", 25.0, UNIX_EPOCH)
            .await;
        assert!((again - 12.5).abs() < 0.5, "{again}");
        let wait = states[0].turn("other", 25.0, UNIX_EPOCH).await;
        assert!(wait > Duration::from_millis(900), "{wait:?}");
    }
}

#[tokio::test]
async fn the_store_has_no_plain_value_and_no_name() {
    let redis = Redis::start().await;
    let state = redis.state(&[1]);
    let long = Table {
        bytes: 10_000,
        ..TABLE
    };
    state
        .put(&long, "ana@example.com", "reference-of-ana", &"S3cret-word")
        .await
        .unwrap();
    state
        .edit("document", TABLE.lifetime, |text: &mut String, _| {
            text.push_str("S3cret-word");
        })
        .await
        .unwrap();
    redis.cli(&["save"]);
    let dump = fs::read(redis.folder.path().join("dump.rdb")).unwrap();
    assert!(dump.len() > 500, "{}", dump.len());
    for text in ["S3cret-word", "ana@example.com", "reference-of-ana"] {
        let found = dump.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(!found, "{text}");
    }
}

#[tokio::test]
async fn a_replica_reads_with_each_of_its_keys() {
    let redis = Redis::start().await;
    let [old, both, new] = [&[1][..], &[2, 1], &[2]].map(|keys| redis.state(keys));
    assert!(put(&old, &TABLE, "ana", "1").await);
    assert_eq!(get(&both, &TABLE, "ana", "1").await.unwrap(), "value of 1");
    let unreadable = new.get::<String>(&TABLE, "ana", "1").await;
    assert_eq!(unreadable, Err(Unavailable::Unreadable));
    assert!(put(&both, &TABLE, "ana", "2").await);
    assert_eq!(get(&new, &TABLE, "ana", "2").await.unwrap(), "value of 2");
}

/// Waits until a connection that was lost is open again.
async fn reconnected(state: &State) {
    let begun = tokio::time::Instant::now();
    while state.check().await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(10));
        tokio::task::yield_now().await;
    }
}

/// A store that restarts with older data does not give a value away a second time.
#[tokio::test]
async fn what_was_taken_stays_taken_after_a_restart() {
    let mut redis = Redis::start().await;
    let one_run = Table {
        one_run: true,
        ..TABLE
    };
    let state = redis.state(&[1]);
    for id in ["1", "2"] {
        assert!(put(&state, &one_run, "ana", id).await);
    }
    assert!(
        put(
            &state,
            &Table {
                name: "other",
                ..TABLE
            },
            "ana",
            "3"
        )
        .await
    );
    state
        .edit("document", TABLE.lifetime, |text: &mut String, _| {
            text.push('x');
        })
        .await
        .unwrap();
    redis.cli(&["save"]);
    assert!(
        state
            .take::<String>(&one_run, "ana", "1")
            .await
            .unwrap()
            .is_some()
    );

    redis.stop();
    assert!(matches!(
        state.take::<String>(&one_run, "ana", "2").await,
        Err(Unavailable::Unreachable)
    ));
    redis.server = Redis::serve(redis.folder.path());
    redis.wait().await;
    reconnected(&state).await;
    let other = get(
        &state,
        &Table {
            name: "other",
            ..TABLE
        },
        "ana",
        "3",
    )
    .await;
    assert_eq!(other.unwrap(), "value of 3", "the data is back");
    for id in ["1", "2"] {
        assert!(
            state
                .take::<String>(&one_run, "ana", id)
                .await
                .unwrap()
                .is_none()
        );
    }
    let document = state
        .edit("document", TABLE.lifetime, |text: &mut String, _| {
            text.clone()
        })
        .await;
    assert_eq!(document.as_deref(), Ok(""));
}

#[tokio::test]
async fn a_full_store_refuses() {
    let redis = Redis::start().await;
    let state = redis.state(&[1]);
    redis.cli(&["config", "set", "maxmemory", "1"]);
    let kept = state.put(&TABLE, "ana", "1", &"value").await;
    assert_eq!(kept, Err(Unavailable::Full));
    assert_eq!(state.check().await, Ok(()));
}

/// A copy answers PING and reads, and accepts no writes.
#[tokio::test]
async fn a_copy_of_the_store_is_not_available() {
    let redis = Redis::start().await;
    let state = redis.state(&[1]);
    assert!(put(&state, &TABLE, "ana", "1").await);
    // A primary that does not exist: the copy keeps what it has.
    redis.cli(&["replicaof", "127.0.0.1", "1"]);
    assert_eq!(state.check().await, Err(Unavailable::NotPrimary));
    redis.cli(&["replicaof", "no", "one"]);
    reconnected(&state).await;
    assert_eq!(get(&state, &TABLE, "ana", "1").await.unwrap(), "value of 1");
}

#[tokio::test]
async fn flags_that_cannot_be_used_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("keys");
    let open = |url: &str, key: Option<&Path>| {
        let flags = SharedState {
            store: Some(HiddenText(url.to_owned())),
            shared_key_file: key.map(Path::to_owned),
            ..SharedState::default()
        };
        State::open(&flags).map(|_| ()).unwrap_err().0
    };
    let why = open("redis://user:S3cret@host:port", Some(&key));
    assert!(
        why.contains("redis://HOST:6379") && !why.contains("S3cret"),
        "{why}"
    );
    let insecure = open("rediss://host:6379/#insecure", Some(&key));
    assert!(insecure.contains("rediss://HOST:6379"), "{insecure}");
    assert!(open("redis://host", None).contains("--shared-key-file"));
    assert!(open("redis://host", Some(&key)).contains("openssl rand"));
    for text in ["", "# none\n", "c2hvcnQ=\n", "not base64 at all\n"] {
        let _ = fs::remove_file(&key);
        let mut file = crate::guard::private_file::new_file(&key).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        assert!(
            open("redis://host", Some(&key)).contains("--shared-key-file"),
            "{text:?}"
        );
    }
}
