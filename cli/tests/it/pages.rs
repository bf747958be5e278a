//! The pages, as a browser gets them.

use serde_json::json;

use crate::{Server, call, get, http, sale, send, session_key};

async fn page(url: &str, language: &str) -> String {
    let request = http().get(url).header("accept", "text/html").header("accept-language", language);
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    response.text().await.unwrap()
}

async fn press(server: &Server, url: &str, decision: &str) -> String {
    let form = http()
        .post(url)
        .header("origin", &server.url)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("decision={decision}"));
    let response = form.send().await.unwrap();
    assert_eq!(response.status(), 303);
    format!("{}{}", server.url, response.headers()["location"].to_str().unwrap())
}

#[tokio::test]
async fn a_browser_is_the_phone() {
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    let body = json!({ "amount": 149.9, "reference_no": "R-1", "description": "Two hats",
        "callback_url": "myshop://paypos/done?a=1&b=2" });
    for (decision, state, says) in [
        ("approve", "approved", "Approved."),
        ("decline", "declined", "Declined."),
        ("decline-then-approve", "approved", "Approved."),
        ("leave", "waiting", "Left undecided."),
        ("approve-later", "waiting", "in 10 seconds"),
    ] {
        let id = sale(&server, &key, &body).await;
        let url = server.at(&format!("phone/{id}"));
        let shown = page(&url, "en").await;
        let button = format!("value=\"{decision}\"");
        for part in ["149.9", "R-1", "Two hats", button.as_str(), "<html lang=\"en\">"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(!shown.contains("myshop:"), "nothing leads back before a decision");
        let after = page(&press(&server, &url, decision).await, "en").await;
        assert!(after.contains(says), "{after}");
        // A link with nothing added, and no redirect.
        let link = "href=\"myshop://paypos/done?a=1&amp;b=2\"";
        assert_eq!(after.contains(link), decision != "approve-later", "{after}");
        let payments = get(server.at("payments")).await;
        assert_eq!(payments["payments"].as_array().unwrap().last().unwrap()["state"], state);
    }
    let overview = page(&server.at(""), "en").await;
    for part in ["Payments", "R-1", "/v1/softpos/init_sale_transaction", "[masked]"] {
        assert!(overview.contains(part), "{part}");
    }
    assert_eq!(send(http().get(server.at("phone/unknown"))).await.0, 404);
}

#[tokio::test]
async fn a_browser_that_asks_for_turkish_gets_turkish() {
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    let id = sale(&server, &key, &json!({ "amount": 1 })).await;
    let url = server.at(&format!("phone/{id}"));
    for (language, turkish) in [
        ("tr-TR,tr;q=0.9,en;q=0.8", true),
        ("tr", true),
        ("TR", true),
        ("de-DE,tr;q=0.8", true),
        ("en,tr;q=0.5", false),
        // The first counts.
        ("en;q=0.5,tr;q=0.9", false),
        ("trv", false),
        ("de", false),
        ("", false),
    ] {
        let shown = page(&url, language).await;
        assert_eq!(shown.contains("<html lang=\"tr\">") && shown.contains("Onayla"), turkish, "{language}");
    }
}

#[tokio::test]
async fn text_of_requests_is_escaped_on_every_page() {
    const SCRIPT: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    let body = |callback: &str| {
        json!({ "amount": 1, "reference_no": SCRIPT, "description": SCRIPT, "callback_url": callback,
            "card_holder_mail": SCRIPT })
    };
    for callback in ["javascript:alert(1)", "data:text/html,x", " javascript:alert(1)", SCRIPT] {
        let (_, refused) = call(&server, &key, "init_sale_transaction", &body(callback)).await;
        assert!(
            refused["message"].as_str().unwrap().contains("`callback_url` is no absolute URL"),
            "{refused}"
        );
    }
    let id = sale(&server, &key, &body("myshop://done?\"'><script>alert(1)</script>")).await;
    let url = server.at(&format!("phone/{id}"));
    let before = page(&url, "en").await;
    let after = page(&press(&server, &url, "approve").await, "en").await;
    assert!(after.contains("href=\"myshop://done?"), "{after}");
    let overview = page(&server.at(""), "en").await;
    for shown in [before, after, overview] {
        // The page's own, and no other.
        assert_eq!(shown.matches("<script").count(), 1, "{shown}");
        assert!(shown.contains("<script src=\"/_paypos/page.js\" defer></script>"), "{shown}");
        assert!(!shown.contains("<img"), "{shown}");
        assert!(!shown.contains("href=\"javascript:") && !shown.contains("href=\"data:"), "{shown}");
    }
    let path = format!("{}/v1/{}", server.url, "%3Cscript%3E<script>");
    let _ = http().post(path).header("x-<", "y").send().await;
    assert!(!page(&server.at("?%3Cscript%3E=1"), "en").await.contains("<script>"));
}
