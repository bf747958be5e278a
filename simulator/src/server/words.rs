//! The words of the pages, in English and in Turkish.

use axum::extract::FromRequestParts;
use http::{HeaderMap, header::ACCEPT_LANGUAGE, request::Parts};
use paypos::Decimal;

use crate::PaymentState;

/// The words of a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    pub(crate) language: &'static str,
    point: &'static str,
    pub(crate) simulated: &'static str,
    pub(crate) pay: &'static str,
    pub(crate) reverse: &'static str,
    pub(crate) reference: &'static str,
    pub(crate) description: &'static str,
    pub(crate) dealer: &'static str,
    pub(crate) dealers: &'static str,
    pub(crate) opened: &'static str,
    pub(crate) waits: &'static str,
    pub(crate) time: &'static str,
    pub(crate) payment: &'static str,
    pub(crate) state: &'static str,
    pub(crate) request: &'static str,
    pub(crate) status: &'static str,
    pub(crate) approve: &'static str,
    pub(crate) decline: &'static str,
    pub(crate) leave: &'static str,
    pub(crate) later: &'static str,
    pub(crate) retry: &'static str,
    pub(crate) another_card: &'static str,
    pub(crate) approved: &'static str,
    pub(crate) declined: &'static str,
    pub(crate) will_approve: &'static str,
    pub(crate) left: &'static str,
    pub(crate) back: &'static str,
    pub(crate) no_callback: &'static str,
    copy: &'static str,
    pub(crate) nothing_added: &'static str,
    pub(crate) violations: &'static str,
    pub(crate) no_violations: &'static str,
    pub(crate) waiting: &'static str,
    pub(crate) decided: &'static str,
    pub(crate) requests: &'static str,
    pub(crate) nothing: &'static str,
    pub(crate) headers: &'static str,
    pub(crate) body: &'static str,
    pub(crate) response: &'static str,
    pub(crate) no_response: &'static str,
    pub(crate) not_shown: &'static str,
    pub(crate) overview: &'static str,
    states: [&'static str; 3],
    older: &'static str,
    forgotten: &'static str,
    bytes_more: &'static str,
    bytes: &'static str,
}

const ENGLISH: Words = Words {
    language: "en",
    point: ".",
    simulated: "Simulated: no money moves.",
    pay: "Pay",
    reverse: "Cancel or refund",
    reference: "Reference",
    description: "Description",
    dealer: "Dealer",
    dealers: "Dealers",
    opened: "Opened",
    waits: "Waiting for you.",
    time: "Time",
    payment: "Payment",
    state: "State",
    request: "Request",
    status: "Status",
    approve: "Approve",
    decline: "Decline",
    leave: "Leave undecided",
    later: "Approve in 10 seconds",
    retry: "Decline, then approve",
    another_card: "Pay with another card",
    approved: "Approved.",
    declined: "Declined.",
    will_approve: "It will be approved in 10 seconds.",
    left: "Left undecided. You can still decide below.",
    back: "Back to the merchant's app",
    no_callback: "The request has no callback_url: nothing leads back to the merchant's app.",
    copy: "the client may have sent it twice: a copy of request",
    nothing_added: "Paynet adds encrypted data to this URL, in a form that is not documented. The simulator adds nothing.",
    violations: "Requests that break the documents",
    no_violations: "None of the requests below breaks the documents.",
    waiting: "Waiting for the phone",
    decided: "Decided",
    requests: "Requests, newest first",
    nothing: "None yet.",
    headers: "Headers",
    body: "Body",
    response: "Response",
    no_response: "no response",
    not_shown: "not shown, as it is not a JSON object",
    overview: "All payments and requests",
    states: ["waiting", "approved", "declined"],
    older: "older ones are not shown",
    forgotten: "older ones are not kept any more",
    bytes_more: "bytes more",
    bytes: "bytes",
};

const TURKISH: Words = Words {
    language: "tr",
    point: ",",
    simulated: "Simülasyon: gerçek para hareketi yoktur.",
    pay: "Ödeme",
    reverse: "İptal veya iade",
    reference: "Referans",
    description: "Açıklama",
    dealer: "Bayi",
    dealers: "Bayiler",
    opened: "Açılış",
    waits: "Kararınız bekleniyor.",
    time: "Saat",
    payment: "Ödeme",
    state: "Durum",
    request: "İstek",
    status: "Yanıt",
    approve: "Onayla",
    decline: "Reddet",
    leave: "Karar vermeden çık",
    later: "10 saniye sonra onayla",
    retry: "Önce reddet, sonra onayla",
    another_card: "Başka kartla öde",
    approved: "Onaylandı.",
    declined: "Reddedildi.",
    will_approve: "10 saniye sonra onaylanacak.",
    left: "Karar verilmedi. Aşağıdan karar verebilirsiniz.",
    back: "Üye iş yerinin uygulamasına dön",
    no_callback: "İstekte callback_url yok: üye iş yerinin uygulamasına dönüş bağlantısı bulunmuyor.",
    copy: "istemci iki kez göndermiş olabilir; aynı istek:",
    nothing_added: "Paynet bu adrese, biçimi belgelenmemiş şifreli veri ekler. Simülatör hiçbir şey eklemez.",
    violations: "Belgelere uymayan istekler",
    no_violations: "Aşağıdaki isteklerin tümü belgelere uygun.",
    waiting: "Telefonda onay bekleyenler",
    decided: "Sonuçlananlar",
    requests: "İstekler (yeniden eskiye)",
    nothing: "Kayıt yok.",
    headers: "Başlıklar",
    body: "Gövde",
    response: "Yanıt",
    no_response: "yanıt yok",
    not_shown: "JSON nesnesi olmadığından gösterilmiyor",
    overview: "Tüm ödemeler ve istekler",
    states: ["bekliyor", "onaylandı", "reddedildi"],
    older: "eski kayıt gösterilmiyor",
    forgotten: "eski kayıt artık tutulmuyor",
    bytes_more: "bayt daha var",
    bytes: "bayt",
};

impl Words {
    /// Returns the words in the language that the browser prefers, or in English.
    pub(crate) fn preferred(headers: &HeaderMap) -> &'static Self {
        let asked = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let weight = |language: &str| {
            let ranges = asked.split(',').filter_map(|range| {
                let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
                let primary = tag.trim().split('-').next().unwrap_or_default();
                let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok());
                primary.eq_ignore_ascii_case(language).then(|| weight.unwrap_or(0.0))
            });
            ranges.fold(0.0, f64::max)
        };
        if weight("tr") > weight("en") { &TURKISH } else { &ENGLISH }
    }

    pub(crate) fn is_turkish(&self) -> bool {
        self.language == TURKISH.language
    }

    /// Formats an amount with at least two decimals, and without a currency: the documents name none.
    pub(crate) fn money(&self, amount: Option<Decimal>) -> String {
        let mut amount = amount.unwrap_or_default();
        if amount.scale() < 2 {
            amount.rescale(2);
        }
        amount.to_string().replace('.', self.point)
    }

    pub(crate) fn of_state(&self, state: PaymentState) -> &'static str {
        self.states[match state {
            PaymentState::Waiting => 0,
            PaymentState::Approved => 1,
            PaymentState::Declined => 2,
        }]
    }

    /// Says how many entries a list leaves out, and how many are no longer kept.
    pub(crate) fn left_out(&self, older: usize, forgotten: u64) -> Vec<String> {
        let mut texts = Vec::new();
        if older > 0 {
            texts.push(format!("{older} {}.", self.older));
        }
        if forgotten > 0 {
            texts.push(format!("{forgotten} {}.", self.forgotten));
        }
        texts
    }

    /// Says that a request is a copy of an earlier one.
    pub(crate) fn copy(&self, number: u64) -> String {
        format!("{} {number}", self.copy)
    }

    pub(crate) fn bytes(&self, count: usize) -> String {
        format!("{count} {}", self.bytes)
    }

    pub(crate) fn bytes_more(&self, count: usize) -> String {
        format!("… {count} {}", self.bytes_more)
    }
}

impl<S: Sync> FromRequestParts<S> for &'static Words {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Words::preferred(&parts.headers))
    }
}
