//! The pages in Chromium, driven by its own driver: what a browser sends and refuses, nobody here wrote.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::json;

use crate::{Server, get, sale, session_key};

/// Chromium, without a window. It ends with the test.
struct Browser {
    driver: Child,
    page: Client,
}

impl Browser {
    async fn start() -> Self {
        let mut driver =
            Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn().expect(
                "chromedriver starts: the packages chromium and chromium-driver of Debian are installed",
            );
        let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            Some(
                line.strip_suffix('.')?
                    .strip_prefix("ChromeDriver was started successfully on port ")?
                    .to_owned(),
            )
        });
        let port = port.expect("chromedriver prints its port");
        // As root, Chromium needs --no-sandbox; the others keep it from calling anywhere else.
        let options = json!({ "args": [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
        ] });
        let capabilities = json!({ "goog:chromeOptions": options });
        let page = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities.as_object().unwrap().clone())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        Self { driver, page }
    }

    /// The text of the page: of the next one, while the last is being left.
    async fn text(&self) -> String {
        let started = std::time::Instant::now();
        loop {
            let text = async { self.page.find(Locator::Css("main")).await?.text().await };
            match text.await {
                Ok(text) => return text,
                Err(error) => assert!(started.elapsed().as_secs() < 30, "{error}"),
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_button_of_the_phone_works_in_chromium() {
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    let browser = Browser::start().await;
    for (button, state, says) in [
        ("approve", "approved", "Approved."),
        ("decline", "declined", "Declined."),
        ("leave", "waiting", "Left undecided."),
        ("approve-later", "waiting", "in 10 seconds"),
        ("decline-then-approve", "approved", "Approved."),
    ] {
        let id = sale(&server, &key, &json!({ "amount": 149.9 })).await;
        browser.page.goto(&server.at(&format!("phone/{id}"))).await.unwrap();
        let button = format!("button[value={button}]");
        browser.page.find(Locator::Css(&button)).await.unwrap().click().await.unwrap();
        let text = browser.text().await;
        assert!(text.contains(says), "{button}: {text}");
        let payments = get(server.at("payments")).await;
        assert_eq!(payments["payments"].as_array().unwrap().last().unwrap()["state"], state, "{button}");
    }
    browser.page.clone().close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_alone_decides_and_its_focus_is_seen() {
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    let browser = Browser::start().await;
    let id = sale(&server, &key, &json!({ "amount": 149.9 })).await;
    browser.page.goto(&server.at(&format!("phone/{id}"))).await.unwrap();
    let focused = "return [document.activeElement.value, getComputedStyle(document.activeElement).outlineStyle, \
                   getComputedStyle(document.activeElement).outlineWidth]";
    for _ in 0..10 {
        let element = browser.page.active_element().await.unwrap();
        element.send_keys("\u{e004}").await.unwrap();
        let seen = browser.page.execute(focused, Vec::new()).await.unwrap();
        if seen[0] == "decline" {
            assert_eq!(seen, json!(["decline", "solid", "3px"]));
            break;
        }
    }
    browser.page.active_element().await.unwrap().send_keys("\u{e007}").await.unwrap();
    assert!(browser.text().await.contains("Declined."));
    browser.page.clone().close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_browser_opens_is_a_page_that_fits_the_screen() {
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    let browser = Browser::start().await;
    let long = json!({ "amount": 123_456_789.5, "reference_no": "x".repeat(3_000), "description": "y".repeat(3_000) });
    let id = sale(&server, &key, &long).await;
    browser.page.set_window_size(360, 740).await.unwrap();
    for (path, says) in [
        (String::new(), "PayPOS"),
        (format!("phone/{id}"), "123456789.50"),
        ("phone/unknown".to_owned(), "unknown payment session"),
        ("nowhere".to_owned(), "there is nothing here"),
    ] {
        browser.page.goto(&server.at(&path)).await.unwrap();
        let text = browser.text().await;
        assert!(text.contains(says), "{path}: {text}");
        let title = browser.page.title().await.unwrap();
        assert!(title.ends_with("PayPOS"), "{path}: {title}");
        let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(browser.page.execute(wide, Vec::new()).await.unwrap(), 0, "{path}");
    }
    // The front door leads to the desk, and a browser's own requests break no document.
    browser.page.goto(&server.url).await.unwrap();
    assert!(browser.page.current_url().await.unwrap().path().ends_with("/_paypos/"));
    assert_eq!(get(server.at("requests?accepted=false")).await["requests"], json!([]));
    browser.page.clone().close().await.unwrap();
}
