//! The forms of the vendor's other documents, as operations of Paynet's servers: each is generated, compiles beside the
//! others, and is called by a short method of its own.

use crate::{compiles::run, documents_of};

/// What is written by hand for some of them, as for any new operation.
const METHODS: &str = r#"
impl Session {
    /// Calls the operation.
    pub async fn item(&self, id: &str, item: i64) -> Result<types::GetItemsByItemNoResponse, Error> {
        let tags = vec!["a&b".to_owned(), "c".to_owned()];
        let response = self.call(Operation::GetItemsByItemNo, Ok(()), |api| {
            let tags = &tags;
            Box::pin(async move {
                api.get_items_by_item_no(id, item, "tr", Some("1.50"), None, Some(tags), Some("trace")).await
            })
        });
        response.await.map_err(|unusable| unusable.error)
    }

    /// Calls the operation.
    pub async fn delete(&self, id: &str) -> Result<(), Error> {
        let response = self.call(Operation::DeleteOrdersById, Ok(()), |api| {
            Box::pin(async move { api.delete_orders_by_id(id).await })
        });
        response.await.map_err(|unusable| unusable.error)
    }

    /// Calls the operation.
    pub async fn put(&self, id: &str, request: types::PutOrdersByIdRequest) -> Result<types::PutOrdersByIdResponse, Error> {
        let response = self.call(Operation::PutOrdersById, request.validate("request", true), |api| {
            let request = &request;
            Box::pin(async move { api.put_orders_by_id(id, request).await })
        });
        response.await.map_err(|unusable| unusable.error)
    }

    /// Calls the operation.
    pub async fn no_body(&self) -> Result<(), Error> {
        let response =
            self.call(Operation::NoBody, Ok(()), |api| Box::pin(async move { api.no_body().await }));
        response.await.map_err(|unusable| unusable.error)
    }

    /// Calls the operation.
    pub async fn bearer(&self, key: crate::SecretKey) -> Result<types::BearerResponse, Error> {
        let api = self.client.api(Operation::Bearer, Credential::SecretKey(Arc::new(key)));
        let response = transport::call(Operation::Bearer, self.client.environment(), Box::pin(api.bearer()));
        response.await.map_err(|unusable| unusable.error)
    }

    /// Calls the operation.
    pub async fn other_key(&self) -> Result<types::OtherKeyResponse, Error> {
        let response = self.call(Operation::OtherKey, Ok(()), |api| {
            Box::pin(async move { api.other_key("an-api-key").await })
        });
        response.await.map_err(|unusable| unusable.error)
    }
}
"#;

#[test]
fn every_form_of_the_vendors_documents_is_generated_compiles_and_can_be_called() {
    let all = documents_of("openapi").into_iter().chain(documents_of("xtask/tests/forms"));
    let mut all: Vec<_> = all.map(|(file, json)| (file, json.to_string())).collect();
    // As .NET's generators write it.
    all[0].1 = all[0].1.replace("\"type\":\"string\"", "\"type\":\"string\",\"nullable\":true");
    let (ran, stderr) = run(&all, METHODS, PROGRAM);
    assert!(ran, "{stderr}");
}

const PROGRAM: &str = r##"
    use std::{io::{Read, Write}, net::TcpListener, thread};

    use paypos::{Client, Decimal, Environment, ErrorKind, Outcome, SecretKey, SessionKey, types};

    /// Accepts a connection, reads one request, and sends the response. Returns the request.
    fn serve(listener: &TcpListener, response: &str) -> String {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = String::new();
        let mut bytes = [0; 4096];
        loop {
            let n = stream.read(&mut bytes).unwrap();
            request.push_str(std::str::from_utf8(&bytes[..n]).unwrap());
            let (head, body) = request.split_once("\r\n\r\n").unwrap();
            let length = head.to_lowercase().split("content-length: ").nth(1)
                .map_or(0, |rest| rest.split("\r\n").next().unwrap().parse().unwrap());
            if body.len() >= length {
                break;
            }
        }
        stream.write_all(response.as_bytes()).unwrap();
        request
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/base", listener.local_addr().unwrap());
        let client = Client::builder(Environment::Sandbox).base_url(url).build().unwrap();
        let session = client.session(SessionKey::new("a-key").unwrap());
        let server = thread::spawn(move || {
            let ok = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 10\r\n\r\n{\"code\":1}";
            let none = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
            let empty = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
            let failed = "HTTP/1.1 503 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
            [ok, none, ok, empty, ok, ok, failed].map(|response| serve(&listener, response))
        });

        let response = session.item("a/b ç", 7).await.unwrap();
        assert_eq!(response.code, Some(1));
        session.delete("x").await.unwrap();
        session.put("x", types::PutOrdersByIdRequest::new().label("l")).await.unwrap();
        session.no_body().await.unwrap();
        session.bearer(SecretKey::new("sck_x").unwrap()).await.unwrap();
        session.other_key().await.unwrap();
        // Nobody has said whether it moves money.
        let error = session.no_body().await.unwrap_err();
        assert_eq!((error.outcome(), error.is_safe_to_retry()), (Outcome::Unknown, false), "{error}");
        assert!(error.to_string().ends_with("whether this moves money is not known; look it up before repeating it"));
        for id in ["", ".", ".."] {
            let error = session.delete(id).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
            assert!(error.to_string().contains("a value in the path is empty, `.` or `..`"), "{error}");
        }

        let requests = server.join().unwrap();
        let has = |request: &str, line: &str| {
            assert!(request.to_lowercase().lines().any(|other| other == line.to_lowercase()), "{line}\n{request}");
        };
        has(&requests[0], "GET /base/v1/orders/a%2Fb%20%C3%A7/items/7?locale=tr&min=1.50&tags=a%26b&tags=c HTTP/1.1");
        has(&requests[0], "session-key: a-key");
        has(&requests[0], "x-trace: trace");
        has(&requests[0], "accept: application/json");
        has(&requests[1], "DELETE /base/v1/orders/x HTTP/1.1");
        has(&requests[2], "{\"label\":\"l\"}");
        has(&requests[3], "POST /base/v1/forms/no_body HTTP/1.1");
        has(&requests[4], "authorization: Bearer sck_x");
        has(&requests[5], "x-api-key: an-api-key");
        assert!(!requests[5].to_lowercase().contains("session-key"), "{}", requests[5]);
        assert!(requests.iter().all(|request| !request.contains("api-version")));

        // Words for types.
        let words = types::TypeWordsRequest::new().decimal(Decimal::new(15, 1)).long(1_i64).boolean(true).date("x");
        assert_eq!(serde_json::to_string(&words).unwrap(), r#"{"boolean":true,"date":"x","decimal":1.5,"long":1}"#);
        let read: types::TypeWordsResponse = serde_json::from_str(r#"{"big":1.10,"list":[1]}"#).unwrap();
        assert_eq!(read.big.unwrap().to_string(), "1.10");
        // What is only read is not sent, what is only written is not read, and null is never sent.
        let item = types::BothSidesRequest::new("label", "pin");
        assert_eq!(serde_json::to_string(&item).unwrap(), r#"{"label":"label","pin":"pin"}"#);
        let read: types::BothSidesResponse = serde_json::from_str(r#"{"items":[{"id":"1","label":null}]}"#).unwrap();
        assert_eq!((&*read.items[0].id, &read.items[0].label), ("1", &None));
        // One name with two meanings.
        let other: types::OtherMeaningResponse = serde_json::from_str(r#"{"transaction":{"id":"1"}}"#).unwrap();
        assert_eq!(other.transaction.unwrap().id.as_deref(), Some("1"));
        let _: Option<bool> = types::Transaction::default().is_succeed;
        // Names of the prelude, and of its methods.
        let names = types::NamesRequest::new().clone_("a").eq_("b").type_("c").result(types::Result::new().label("r"));
        assert!(serde_json::to_string(&names).unwrap().contains(r#""result":{"label":"r"}"#));
        assert!(format!("{names:?}").starts_with("NamesRequest {"));
        let _: types::AuthRequest = types::AuthRequest::new("agent", "user");
    }"##;
