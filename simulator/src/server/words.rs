//! The words of the pages, in English and in Turkish.

use axum::extract::FromRequestParts;
use http::{HeaderMap, header::ACCEPT_LANGUAGE, request::Parts};
use paypos::Decimal;

use crate::PaymentState;

macro_rules! words {
    ($($name:ident: $english:literal, $turkish:literal;)*) => {
        /// The words of a page.
        #[derive(Debug)]
        pub(crate) struct Words {
            $(pub(crate) $name: &'static str,)*
        }

        const ENGLISH: Words = Words { $($name: $english,)* };
        const TURKISH: Words = Words { $($name: $turkish,)* };
    };
}

words! {
    language: "en", "tr";
    point: ".", ",";
    simulated: "Simulated: no money moves.", "Simülasyon: gerçek para hareketi yoktur.";
    pay: "Pay", "Ödeme";
    reverse: "Cancel or refund", "İptal veya iade";
    reference: "Reference", "Referans";
    description: "Description", "Açıklama";
    opened: "Opened", "Açılış";
    waits: "Waiting for you.", "Kararınız bekleniyor.";
    time: "Time", "Saat";
    payment: "Payment", "Ödeme";
    state: "State", "Durum";
    request: "Request", "İstek";
    status: "Status", "Yanıt";
    approve: "Approve", "Onayla";
    decline: "Decline", "Reddet";
    leave: "Leave undecided", "Karar vermeden çık";
    later: "Approve in 10 seconds", "10 saniye sonra onayla";
    retry: "Decline, then approve", "Önce reddet, sonra onayla";
    another_card: "Pay with another card", "Başka kartla öde";
    approved: "Approved.", "Onaylandı.";
    declined: "Declined.", "Reddedildi.";
    will_approve: "It will be approved in 10 seconds.", "10 saniye sonra onaylanacak.";
    left: "Left undecided. You can still decide below.", "Karar verilmedi. Aşağıdan karar verebilirsiniz.";
    back: "Back to the merchant's app", "Üye iş yerinin uygulamasına dön";
    no_callback: "The request has no callback_url: nothing leads back to the merchant's app.", "İstekte callback_url yok: üye iş yerinin uygulamasına dönüş bağlantısı bulunmuyor.";
    copy: "the client may have sent it twice: a copy of request", "istemci iki kez göndermiş olabilir; aynı istek:";
    nothing_added: "Paynet adds encrypted data to this URL, in a form that is not documented. The simulator adds nothing.", "Paynet bu adrese, biçimi belgelenmemiş şifreli veri ekler. Simülatör hiçbir şey eklemez.";
    violations: "Requests that break the documents", "Belgelere uymayan istekler";
    no_violations: "None of the requests below breaks the documents.", "Aşağıdaki isteklerin tümü belgelere uygun.";
    payments: "Payments", "Ödemeler";
    requests: "Requests, newest first", "İstekler (yeniden eskiye)";
    nothing: "None yet.", "Kayıt yok.";
    headers: "Headers", "Başlıklar";
    body: "Body", "Gövde";
    response: "Response", "Yanıt";
    no_response: "no response", "yanıt yok";
    not_shown: "not shown, as it is not a JSON object", "JSON nesnesi olmadığından gösterilmiyor";
    overview: "All payments and requests", "Tüm ödemeler ve istekler";
    forgotten: "older ones are not kept any more", "eski kayıt artık tutulmuyor";
    bytes: "bytes", "bayt";
    is_waiting: "waiting", "bekliyor";
    is_approved: "approved", "onaylandı";
    is_declined: "declined", "reddedildi";
    latest: "Only the latest are shown.", "Yalnızca en yeniler gösteriliyor.";
    cut: "The rest is not shown.", "Geri kalanı gösterilmiyor.";
}

impl Words {
    /// Returns the words in the first of the two languages that a browser asks for, or in English.
    pub(crate) fn preferred(headers: &HeaderMap) -> &'static Self {
        let asked = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut tags =
            asked.split(',').map(|range| range.trim().split(['-', ';']).next().unwrap_or_default());
        let known = |tag: &&str| ["tr", "en"].iter().any(|known| tag.eq_ignore_ascii_case(known));
        match tags.find(known) {
            Some(tag) if tag.eq_ignore_ascii_case("tr") => &TURKISH,
            _ => &ENGLISH,
        }
    }

    pub(crate) fn is_turkish(&self) -> bool {
        self.language == TURKISH.language
    }

    /// Formats an amount with at least two decimals, and without a currency: the documents name none.
    pub(crate) fn money(&self, amount: Option<Decimal>) -> String {
        let mut amount = amount.unwrap_or_default();
        amount.rescale(amount.scale().max(2));
        amount.to_string().replace('.', self.point)
    }

    pub(crate) fn of_state(&self, state: PaymentState) -> &'static str {
        match state {
            PaymentState::Waiting => self.is_waiting,
            PaymentState::Approved => self.is_approved,
            PaymentState::Declined => self.is_declined,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for &'static Words {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Words::preferred(&parts.headers))
    }
}
