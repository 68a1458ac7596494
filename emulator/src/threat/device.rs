//! The caller's device, as a request describes it: `UserContextData` from an
//! app, `ContextData` from its server.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::bounds::EVENT_TEXT;
use crate::state::event::Context;

/// The device that `input` describes.
pub(super) fn context(input: &Value) -> Context {
    let data = ["UserContextData", "ContextData"]
        .into_iter()
        .find_map(|name| input.get(name));
    let Some(data) = data else {
        return Context::default();
    };
    let text = |name: &str| data.get(name).and_then(Value::as_str);
    let headers = data.get("HttpHeaders").and_then(Value::as_array);
    let header = headers.into_iter().flatten().find_map(|header| {
        let name = header["headerName"].as_str()?;
        let value = header["headerValue"].as_str()?;
        name.eq_ignore_ascii_case("user-agent").then_some(value)
    });
    let fingerprint = text("EncodedData").and_then(decode).unwrap_or_default();
    let reported = |name: &str| fingerprint.get(name).and_then(Value::as_str);
    Context {
        address: text("IpAddress")
            .filter(|ip| !ip.is_empty() && ip.len() <= EVENT_TEXT)
            .map(Into::into),
        device: header
            .or(reported("UserAgent"))
            .map(|agent| name(agent).into()),
        timezone: reported("ClientTimezone")
            .filter(|timezone| timezone.len() <= EVENT_TEXT)
            .map(Into::into),
    }
}

/// Decodes the data of the apps' context data library: JSON in base64 whose payload is
/// also a text in JSON (public code). Its signature is not checked.
fn decode(encoded: &str) -> Option<Value> {
    let outer: Value = serde_json::from_slice(&STANDARD.decode(encoded).ok()?).ok()?;
    let mut payload: Value = serde_json::from_str(outer.get("payload")?.as_str()?).ok()?;
    Some(payload.get_mut("contextData")?.take())
}

/// Browser and system with their major versions, as in `Chrome 126, Windows
/// 10`, or `Other` if unknown. The form and the known names are inferred.
fn name(agent: &str) -> String {
    // Browsers include the names of the browsers that are listed after them.
    let browsers = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Version/", "Safari"),
    ];
    let systems = [
        ("Windows NT ", "Windows"),
        ("iPhone OS ", "iOS"),
        ("CPU OS ", "iOS"),
        ("Mac OS X ", "Mac OS X"),
        ("Android ", "Android"),
        ("Linux", "Linux"),
    ];
    format!("{}, {}", first(agent, &browsers), first(agent, &systems))
}

/// The first of `known` in `agent`, with the number after it.
fn first(agent: &str, known: &[(&str, &str)]) -> String {
    let found = known
        .iter()
        .find_map(|(mark, name)| Some((agent.split_once(mark)?.1, *name)));
    let Some((rest, name)) = found else {
        return "Other".to_owned();
    };
    let version = rest.split(|c: char| !c.is_ascii_digit()).next();
    format!("{name} {}", version.unwrap_or_default())
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn devices_have_names() {
        for (agent, expected) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
                "Chrome 126, Windows 10",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
                "Safari 17, Mac OS X 10",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
                "Safari 17, iOS 17",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
                "Firefox 127, Linux",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
                "Chrome 126, Android 14",
            ),
            ("curl/8.6.0", "Other, Other"),
        ] {
            assert_eq!(name(agent), expected, "{agent}");
        }
    }

    #[test]
    fn requests_describe_devices() {
        let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0";
        let payload = json!({"contextData": {"UserAgent": agent, "ClientTimezone": "02:00"}, "username": "ana"});
        let encoded =
            STANDARD.encode(json!({"payload": payload.to_string(), "signature": "s"}).to_string());
        let read = |input: Value| {
            let Context {
                address,
                device,
                timezone,
            } = context(&input);
            [address, device, timezone].map(|part| part.unwrap_or_default().to_string())
        };
        let by_app = json!({"UserContextData": {"IpAddress": "192.0.2.1", "EncodedData": encoded}});
        assert_eq!(read(by_app), ["192.0.2.1", "Firefox 127, Linux", "02:00"]);
        let by_server = json!({"ContextData": {
            "IpAddress": "192.0.2.1", "ServerName": "s", "ServerPath": "/",
            "HttpHeaders": [{"headerName": "Host", "headerValue": "s"}, {"headerName": "user-agent", "headerValue": "x"}],
        }});
        assert_eq!(read(by_server), ["192.0.2.1", "Other, Other", ""]);
        for encoded in ["", "nope", "e30=", "eyJwYXlsb2FkIjoiIn0="] {
            let garbled = json!({"UserContextData": {"EncodedData": encoded}});
            assert_eq!(read(garbled), ["", "", ""]);
        }
        assert_eq!(read(json!({})), ["", "", ""]);
    }

    #[test]
    fn long_texts_are_not_kept() {
        let input = json!({"UserContextData": {"IpAddress": "1".repeat(1_000_000)}});
        assert_eq!(context(&input).address, None);
    }
}
