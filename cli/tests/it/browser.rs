//! Tries the pages in Chromium, through its own driver, and with axe.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    sync::Once,
    time::{Duration, Instant},
};

use fantoccini::{Client, ClientBuilder, Locator, wd::WebDriverCompatibleCommand};
use serde_json::{Value, json};
use url::{ParseError, Url};

use crate::{Server, at, call, get, object, post, sale, session_key};

/// Chromium, without a window. It ends with the test.
struct Browser {
    driver: Child,
    page: Client,
}

/// A command of Chromium's own driver.
#[derive(Debug)]
struct Chromium(&'static str, Value);

impl WebDriverCompatibleCommand for Chromium {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.0))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.1.to_string()))
    }
}

/// The keys that a driver sends.
const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

/// Starts chromedriver; `None` if it is not installed.
fn driver() -> Option<(Child, String)> {
    // It chooses a port, and ends if another program takes it meanwhile.
    for _ in 0..5 {
        let mut driver = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn().ok()?;
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
        let started = "ChromeDriver was started successfully on port ";
        let port = lines.find_map(|line| Some(line.strip_suffix('.')?.strip_prefix(started)?.to_owned()));
        if let Some(port) = port {
            return Some((driver, port));
        }
    }
    panic!("chromedriver starts on no port");
}

impl Browser {
    /// `None` on a machine without Chromium, which is said.
    async fn start(languages: &str) -> Option<Self> {
        let Some((driver, port)) = driver() else {
            // Past the test harness, which would keep it to itself.
            let _ =
                writeln!(io::stderr(), "chromedriver is not installed: the pages are not tried in Chromium");
            return None;
        };
        // As root, Chromium needs --no-sandbox; the others keep it from calling anywhere else.
        let options = json!({
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
            ],
            "prefs": { "intl.accept_languages": languages },
        });
        let capabilities =
            json!({ "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } });
        let page = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities.as_object().unwrap().clone())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        Some(Self { driver, page })
    }

    async fn open(&self, url: &str) {
        self.page.goto(url).await.unwrap();
    }

    /// A screen of this width, in the light or in the dark.
    async fn look(&self, width: u32, scheme: &str) {
        let size = json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false });
        let scheme = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        for (command, parameters) in
            [("Emulation.setDeviceMetricsOverride", size), ("Emulation.setEmulatedMedia", scheme)]
        {
            let command = json!({ "cmd": command, "params": parameters });
            self.page.issue_cmd(Chromium("goog/cdp/execute", command)).await.unwrap();
        }
    }

    async fn script(&self, script: &str) -> Value {
        self.page.execute(script, Vec::new()).await.unwrap()
    }

    async fn press(&self, button: &str) {
        let button = format!("button[value={button}]");
        self.page.find(Locator::Css(&button)).await.unwrap().click().await.unwrap();
    }

    /// The text of the page: of the next one, while the last is being left.
    async fn text(&self) -> String {
        let started = Instant::now();
        loop {
            let text = async { self.page.find(Locator::Css("main")).await?.text().await };
            match text.await {
                Ok(text) => return text,
                Err(error) => assert!(started.elapsed().as_secs() < 30, "{error}"),
            }
        }
    }

    /// Waits until the page shows a text, and returns all of its text.
    async fn says(&self, expected: &str) -> String {
        let started = Instant::now();
        loop {
            let text = self.text().await;
            if text.contains(expected) {
                return text;
            }
            assert!(started.elapsed().as_secs() < 30, "it never says {expected}: {text}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What the console has, of errors and warnings, since it was asked last.
    async fn console(&self) -> Value {
        self.page.issue_cmd(Chromium("se/log", json!({ "type": "browser" }))).await.unwrap()
    }

    /// What axe finds on the page; nothing, on a machine without axe, which is said.
    async fn axe(&self) -> Value {
        let Some(axe) = env::var_os("PAYPOS_AXE") else {
            static SAID: Once = Once::new();
            SAID.call_once(|| {
                let _ = writeln!(io::stderr(), "PAYPOS_AXE names no axe.min.js: axe judges no page");
            });
            return json!([]);
        };
        let axe = fs::read_to_string(axe).unwrap();
        self.page.execute(&axe, Vec::new()).await.unwrap();
        let run = "const done = arguments[arguments.length - 1]; \
                   axe.run(document, { resultTypes: ['violations'] }).then((found) => done(found.violations.map((one) => \
                   one.id + ': ' + one.nodes.map((node) => node.html).join(' '))), (error) => done([String(error)]))";
        self.page.execute_async(run, Vec::new()).await.unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

async fn last_state(server: &Server) -> Value {
    get(server.at("payments")).await["payments"].as_array().unwrap().last().unwrap()["state"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_alone_decides_and_its_focus_is_seen() {
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    let Some(browser) = Browser::start("en").await else { return };
    for scheme in ["light", "dark"] {
        browser.look(360, scheme).await;
        let id = sale(&server, &key, &json!({ "amount": 149.9 })).await;
        // From the desk, as somebody without a mouse goes.
        browser.open(&server.at("")).await;
        let focused = "const it = document.activeElement, style = getComputedStyle(it); \
                       return [it.value || it.href, style.outlineStyle, style.outlineWidth]";
        for (wanted, next) in [(format!("phone/{id}"), true), ("decline".to_owned(), false)] {
            for step in 0.. {
                assert!(step < 20, "{wanted} is never reached");
                browser.page.active_element().await.unwrap().send_keys(TAB).await.unwrap();
                let seen = browser.script(focused).await;
                assert_eq!((&seen[1], &seen[2]), (&json!("solid"), &json!("3px")), "{seen}");
                if seen[0].as_str().is_some_and(|at| at.ends_with(&wanted)) {
                    break;
                }
            }
            browser.page.active_element().await.unwrap().send_keys(ENTER).await.unwrap();
            if next {
                browser.says("149.90").await;
                browser.page.wait().for_element(Locator::Css("#decline")).await.unwrap();
            }
        }
        browser.says("Declined.").await;
        assert_eq!(last_state(&server).await, "declined");
    }
    assert_eq!(browser.console().await, json!([]));
    browser.page.clone().close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_follows_what_happens_without_a_reload() {
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    let Some(browser) = Browser::start("en").await else { return };
    browser.open(&server.at("")).await;
    browser.script("window.mark = 1; document.querySelector('#request-1').open = true").await;
    let id = sale(&server, &key, &json!({ "amount": 149.9, "reference_no": "ORDER-1042" })).await;
    browser.says("ORDER-1042").await;
    call(&server, &key, "init_sale_transaction", &json!({ "amount": "much" })).await;
    browser.says("`/amount`").await;
    let kept =
        "return [window.mark, document.querySelector('#request-1').open, document.activeElement.tagName]";
    assert_eq!(browser.script(kept).await, json!([1, true, "BODY"]));

    // A button keeps the focus while others check, and what is decided elsewhere is seen.
    browser.open(&server.at(&format!("phone/{id}"))).await;
    browser.script("window.mark = 2; window.button = document.querySelector('#leave'); button.focus()").await;
    for _ in 0..5 {
        call(&server, &key, "check_transaction", &json!({ "payment_session_id": id })).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(
        browser.script("return [window.mark, document.activeElement.id, button.isConnected]").await,
        json!([2, "leave", true])
    );
    let decide = server.at(&format!("payments/{id}/decide"));
    assert_eq!(post(decide, json!({ "decision": "approve" })).await.0, 200);
    browser.says("Approved.").await;
    assert!(browser.page.title().await.unwrap().contains("approved"));
    assert_eq!(browser.script("return window.mark").await, 2);
    assert_eq!(browser.console().await, json!([]));
    browser.page.clone().close().await.unwrap();
}

/// What the README says to a new user, with the page as the phone.
#[tokio::test(flavor = "multi_thread")]
async fn a_sale_and_its_reversal_from_the_terminal_are_approved_by_the_button() {
    let server = Server::start(&[]);
    let Some(browser) = Browser::start("en").await else { return };
    let run = |arguments: &[&str]| {
        let output = at(&server.url, &[arguments, &["--json"]].concat());
        (output.status.code(), object(&output))
    };
    let mut xact_id = String::new();
    for reversal in [false, true] {
        let (_, handoff) = if reversal { run(&["reversal", &xact_id]) } else { run(&["sale", "149.90"]) };
        let id = handoff["payment_session_id"].as_str().unwrap();
        let of = if reversal { ["--reversal-of", &xact_id] } else { ["--sale", "--wait"] };
        let check = [["check", id].as_slice(), &of, &["--timeout", "10ms"]].concat();
        assert_eq!(run(&check).0, Some(6));
        browser.open(handoff["deeplink_url"].as_str().unwrap()).await;
        browser.press("approve").await;
        browser.says("Approved.").await;
        let (code, checked) = run(&check);
        assert_eq!(code, Some(0), "{checked}");
        xact_id = checked["Data"][0]["xact_id"].as_str().unwrap().to_owned();
    }
    browser.page.clone().close().await.unwrap();
}

/// What can be seen, in each language, on a small and a large screen, in the light and in the dark.
#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_the_screen_and_axe_finds_nothing() {
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    let empty = Server::start(&[]);
    let long = json!({ "amount": 123_456_789.5, "reference_no": "x".repeat(3_000),
        "description": format!("\u{202e}evil\n\u{7}{}", "y".repeat(16_000)), "callback_url": "myshop://done" });
    let waiting = sale(&server, &key, &long).await;
    let approved = sale(&server, &key, &json!({ "amount": 149.9 })).await;
    let declined = sale(&server, &key, &json!({ "amount": 3, "callback_url": "myshop://done" })).await;
    for (id, decision) in [(&approved, "approve"), (&declined, "decline")] {
        let decide = server.at(&format!("payments/{id}/decide"));
        assert_eq!(post(decide, json!({ "decision": decision })).await.0, 200);
    }
    call(&server, &key, "init_sale_transaction", &json!({ "amount": "much", "instalment": "few" })).await;
    for (languages, english) in [("en", true), ("tr", false)] {
        let Some(browser) = Browser::start(languages).await else { return };
        let says = |in_english: &'static str, in_turkish: &'static str| {
            if english { in_english } else { in_turkish }
        };
        for (width, scheme) in [(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")] {
            browser.look(width, scheme).await;
            for (path, expected) in [
                (String::new(), says("break the documents", "Belgelere uymayan istekler")),
                (empty.at(""), says("None yet.", "Kayıt yok.")),
                (format!("phone/{waiting}"), says("123456789.50", "123456789,50")),
                (format!("phone/{waiting}?left"), says("Left undecided.", "Karar verilmedi.")),
                (format!("phone/{waiting}?later"), says("in 10 seconds", "10 saniye sonra")),
                (format!("phone/{approved}"), says("no callback_url", "callback_url yok")),
                (
                    format!("phone/{declined}"),
                    says("Back to the merchant's app", "Üye iş yerinin uygulamasına dön"),
                ),
                ("phone/unknown".to_owned(), says("unknown payment session", "Bu ödeme bulunamadı.")),
                ("?dealer=x".to_owned(), says("is one dealer", "tek bayidir")),
                ("?delaer=x".to_owned(), "delaer"),
                ("nowhere".to_owned(), says("there is nothing here", "Burada bir şey yok.")),
            ] {
                let place = format!("{path} in {languages}, {width} pixels, {scheme}");
                let url = if path.starts_with("http") { path } else { server.at(&path) };
                browser.open(&url).await;
                let text = browser.text().await;
                assert!(text.contains(expected), "{place}: {text}");
                assert!(!text.contains('\u{202e}') && !text.contains('\u{7}'), "{place}: {text}");
                let seen = "const root = document.documentElement, style = getComputedStyle(document.body); return { \
                            width: innerWidth, over: root.scrollWidth - root.clientWidth, language: root.lang, \
                            title: document.title, page: style.backgroundColor, \
                            loaded: performance.getEntriesByType('resource').map((entry) => entry.name) }";
                let seen = browser.script(seen).await;
                assert_eq!((&seen["width"], &seen["over"]), (&json!(width), &json!(0)), "{place}");
                assert_eq!(seen["language"], languages, "{place}");
                assert!(seen["title"].as_str().unwrap().ends_with("PayPOS"), "{place}: {seen}");
                let page = if scheme == "dark" { "rgb(18, 18, 18)" } else { "rgb(255, 255, 255)" };
                assert_eq!(seen["page"], page, "{place}");
                let loaded = seen["loaded"].as_array().unwrap();
                assert!(!loaded.is_empty(), "{place}: its style at least");
                let (origin, _) = url.split_once("/_paypos").unwrap();
                let own = |name: &Value| name.as_str().unwrap().starts_with(origin);
                assert!(loaded.iter().all(own), "{place}: {loaded:?}");
                browser
                    .script("for (const part of document.querySelectorAll('details')) part.open = true")
                    .await;
                assert_eq!(browser.axe().await, json!([]), "{place}");
            }
        }
        // That a page is not there is all that the console has.
        for entry in browser.console().await.as_array().unwrap() {
            let text = entry["message"].as_str().unwrap();
            assert!(text.contains("the server responded with a status of 40"), "{text}");
        }
        browser.page.clone().close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_out_of_date_says_so_and_links_to_the_desk() {
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    let Some(browser) = Browser::start("tr").await else { return };
    // The front door leads to the desk, and a browser's own requests break no document.
    browser.open(&server.url).await;
    assert!(browser.page.current_url().await.unwrap().path().ends_with("/_paypos/"));
    assert_eq!(get(server.at("requests?accepted=false")).await["requests"], json!([]));
    // A page that is out of date: its events do not arrive, and it was decided elsewhere.
    let id = sale(&server, &key, &json!({ "amount": 1 })).await;
    let command = json!({ "cmd": "Emulation.setScriptExecutionDisabled", "params": { "value": true } });
    browser.page.issue_cmd(Chromium("goog/cdp/execute", command)).await.unwrap();
    browser.open(&server.at(&format!("phone/{id}"))).await;
    assert_eq!(
        post(server.at(&format!("payments/{id}/decide")), json!({ "decision": "decline" })).await.0,
        200
    );
    browser.press("approve").await;
    browser.says("Bu ödeme zaten sonuçlandı.").await;
    browser.page.find(Locator::Css("main a")).await.unwrap().click().await.unwrap();
    browser.says("Ödemeler").await;
    browser.page.clone().close().await.unwrap();
}
