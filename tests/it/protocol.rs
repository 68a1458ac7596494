//! The server's description of itself, its list of tools, and its errors for unknown
//! tools.

use cognito_mcp::config::Config;
use cognito_mcp::start::selection;
use rmcp::ServiceError;
use serde_json::json;

use crate::call;
use crate::emulated;

#[tokio::test]
async fn the_server_describes_itself() {
    let client = emulated().await;
    let info = client.peer_info().unwrap();
    let server = info.server_info.clone().unwrap();
    assert_eq!(
        (server.name.as_str(), server.version.as_str()),
        ("cognito-mcp", env!("CARGO_PKG_VERSION"))
    );
    assert!(info.instructions.as_ref().unwrap().contains("emulator"));
}

#[tokio::test]
async fn an_unknown_tool_error_suggests_the_nearest() {
    let client = emulated().await;
    let failure = call(&client, "creat_user", json!({})).await.unwrap_err();
    let ServiceError::McpError(error) = failure else {
        panic!("a protocol error, not {failure:?}");
    };
    assert_eq!(error.code.0, -32602);
    assert!(
        error
            .message
            .starts_with("Unknown tool `creat_user`. Did you mean `create_user`"),
        "{}",
        error.message
    );
    assert!(error.message.contains("list_users"), "{}", error.message);
}

#[tokio::test]
async fn the_list_is_the_same_every_time() {
    let client = emulated().await;
    let first = client.list_all_tools().await.unwrap();
    assert_eq!(first, client.list_all_tools().await.unwrap());
    let listed = first.iter().map(|tool| &*tool.name);
    let selected = selection::select(&Config::default()).unwrap();
    assert!(listed.eq(selected), "{first:?}");
}
