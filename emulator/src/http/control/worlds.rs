//! `/_emulator/worlds`: the accounts that have a world of their own.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, put};
use serde::Deserialize;
use serde_json::json;

use super::{NotFound, Refused, answer, read};
use crate::http::{Mounted, Whole, spawn_blocking_if_needed};
use crate::stack::Stack;

pub(super) fn router() -> Router<Mounted> {
    Router::new()
        .route("/_emulator/worlds", get(list))
        .route("/_emulator/worlds/{account}", put(make).delete(remove))
}

async fn list(State(stack): State<Stack>) -> Response {
    answer(&json!({ "worlds": stack.accounts() }))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Make {
    seed: Option<u64>,
}

async fn make(
    State(stack): State<Stack>,
    Path(account): Path<String>,
    body: Whole,
) -> Result<Response, Refused> {
    let Make { seed } = if body.0.bytes.is_empty() {
        Make::default()
    } else {
        read(&body, r#"{"seed": 7}"#)?
    };
    let made = spawn_blocking_if_needed(&stack, move |stack| match seed {
        Some(seed) => stack.of_account_with_seed(&account, seed),
        None => stack.of_account(&account),
    });
    Ok(answer(&json!(made.await?.described())))
}

async fn remove(
    State(stack): State<Stack>,
    Path(account): Path<String>,
) -> Result<Response, NotFound> {
    let removed =
        spawn_blocking_if_needed(&stack, move |stack| stack.remove_account(&account)).await;
    removed.map_err(NotFound)?;
    Ok(list(State(stack)).await)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::http::tests::{control, stack};
    use crate::wire::{Call, Scope, Service};

    const A: &str = "111122223333";

    #[tokio::test]
    async fn controls_select_an_account() {
        let (stack, _) = stack();
        let a = |line: &str| format!("{line}?account={A}");
        // Reading makes no world.
        let (status, shared) = control(&stack, &a("GET clock"), "").await;
        assert_eq!((status, &shared["now"]), (200, &json!(1_800_000_000.0)));
        let (_, none) = control(&stack, "GET worlds", "").await;
        assert_eq!(none, json!({ "worlds": [] }));
        let advance = r#"{"advance_seconds": 60}"#;
        let (status, own) = control(&stack, &a("POST clock"), advance).await;
        assert_eq!((status, &own["now"]), (200, &json!(1_800_000_060.0)));
        let fault = r#"{"on": "any", "when": "always", "effect": "cut_before_effects"}"#;
        control(&stack, &a("POST faults"), fault).await;
        control(&stack, &a("PUT throttle"), r#"{"throttle": "10%"}"#).await;
        control(&stack, &a("POST states/one"), "").await;
        let url = r#"{"function": "f", "url": "http://localhost:9000"}"#;
        control(&stack, &a("PUT triggers"), url).await;
        for (path, member) in [
            ("clock", "now"),
            ("faults", "faults"),
            ("throttle", "throttle"),
            ("states", "states"),
            ("triggers", "functions"),
        ] {
            let (_, own) = control(&stack, &a(&format!("GET {path}")), "").await;
            let (_, shared) = control(&stack, &format!("GET {path}"), "").await;
            assert_ne!(own[member], shared[member], "{path}");
        }
        let (status, _) = control(
            &stack,
            &format!("DELETE triggers?account={A}&function=f"),
            "",
        )
        .await;
        assert_eq!(status, 200);
        assert_eq!(control(&stack, &a("PUT states/one"), "").await.0, 200);
        let (_, worlds) = control(&stack, "GET worlds", "").await;
        let listed = json!({ "account": A, "now": 1_800_000_060.0, "pools": 0 });
        assert_eq!(worlds, json!({ "worlds": [listed] }));
        assert_eq!(
            control(&stack, &a("POST reset"), "").await,
            (200, json!({}))
        );
        let (_, own) = control(&stack, &a("GET clock"), "").await;
        assert_eq!(own["now"], 1_800_000_000.0);
        let (_, pools) = control(&stack, "GET worlds", "").await;
        assert_eq!(pools["worlds"][0]["account"], A);
    }

    #[tokio::test]
    async fn worlds_are_made_and_removed() {
        let (stack, _) = stack();
        let create = || {
            let scope = Scope {
                account: A.to_owned(),
                ..Scope::default()
            };
            let call = Call {
                scope: scope.into(),
                ..Call::new("CreateUserPool", json!({ "PoolName": "p" }))
            };
            stack.call(&call).body["UserPool"]["Id"].clone()
        };
        let put = format!("PUT worlds/{A}");
        let (status, made) = control(&stack, &put, r#"{"seed": 7}"#).await;
        assert_eq!((status, &made["pools"]), (200, &json!(0)));
        let first = create();
        let (_, same) = control(&stack, &put, "").await;
        assert_eq!(same["pools"], 1);
        let (_, reset) = control(&stack, &put, r#"{"seed": 7}"#).await;
        assert_eq!(reset["pools"], 0);
        assert_eq!(create(), first);
        let delete = format!("DELETE worlds/{A}");
        let (status, left) = control(&stack, &delete, "").await;
        assert_eq!((status, left), (200, json!({ "worlds": [] })));
        assert_eq!(control(&stack, &delete, "").await.0, 404);
    }

    #[tokio::test]
    async fn wrong_parameters_are_refused() {
        let (stack, pool) = stack();
        let refused = async |line: &str| {
            let (status, answer) = control(&stack, line, "").await;
            assert_eq!(status, 400, "{line}");
            let Value::String(message) = &answer["message"] else {
                panic!("{answer}");
            };
            message.clone()
        };
        assert_eq!(
            refused("POST reset?acount=111122223333").await,
            "`acount` is not a parameter of this control: `account` selects an account."
        );
        for line in [
            "POST reset?account=1",
            "GET clock?account=x",
            "PUT worlds/12",
        ] {
            let sentence = refused(line).await;
            assert!(
                sentence.ends_with("give the 12 digits of the access key."),
                "{sentence}"
            );
        }
        let sentence = refused("POST reset?account=123456789012").await;
        assert!(sentence.contains("leave `account` out"), "{sentence}");
        assert!(stack.jwks(&pool).is_some());
    }
}
