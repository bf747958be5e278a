//! The whole flow against the simulator: random sequences of valid and invalid
//! steps, held against a model of what must come of them.

use paypos::{
    Agent, Client, Decimal, Environment, Error, ErrorKind, Session, SessionKey,
    types::{AuthRequest, CheckTransactionRequest, InitReversalRequest, InitSaleRequest, LogoutRequest},
};
use paypos_simulator::{Simulator, code};
use proptest::prelude::*;

/// Numbers that choose among what there is: the remainder, and now and then something unknown.
#[derive(Clone, Debug)]
enum Step {
    Open { agent: usize },
    Sale { session: usize, kurus: i64, decimals: u32 },
    Reversal { session: usize, sale: usize },
    Check { session: usize, payment: usize },
    Phone { payment: usize, approve: bool },
    End { agent: usize, session: usize },
    Expire { session: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let one = 0..1000_usize;
    prop_oneof![
        2 => one.clone().prop_map(|agent| Step::Open { agent }),
        4 => (one.clone(), -100..100_000_i64, 0..4_u32)
            .prop_map(|(session, kurus, decimals)| Step::Sale { session, kurus, decimals }),
        4 => (one.clone(), one.clone()).prop_map(|(session, sale)| Step::Reversal { session, sale }),
        4 => (one.clone(), one.clone()).prop_map(|(session, payment)| Step::Check { session, payment }),
        5 => (one.clone(), any::<bool>()).prop_map(|(payment, approve)| Step::Phone { payment, approve }),
        1 => (one.clone(), one.clone()).prop_map(|(agent, session)| Step::End { agent, session }),
        1 => one.prop_map(|session| Step::Expire { session }),
    ]
}

#[derive(Clone, Copy, PartialEq)]
enum Life {
    /// It was never issued.
    Unknown,
    Open,
    Ended,
    Expired,
}

#[derive(Clone, Copy)]
enum What {
    Sale,
    Reversal(usize),
}

struct Payment {
    id: String,
    amount: Decimal,
    what: What,
    /// What the request for a sale said besides: the same number, in each of its properties.
    said: Option<i64>,
    /// The transaction that came of it: whether it succeeded.
    decided: Option<bool>,
}

struct Sale {
    xact_id: String,
    amount: Decimal,
    reversed: bool,
}

/// What must come of each step, and the real thing beside it.
struct Model {
    simulator: Simulator,
    /// The second is nobody's.
    agents: [Agent; 2],
    sessions: Vec<(Session, Life)>,
    payments: Vec<Payment>,
    sales: Vec<Sale>,
    /// Transactions that are no sale to reverse: declined ones, and reversals.
    others: Vec<String>,
}

impl Model {
    async fn new() -> Self {
        let simulator = Simulator::start().await.unwrap();
        let client = Client::builder(Environment::Sandbox).base_url(simulator.url()).build().unwrap();
        let nobody = paypos::SecretKey::new("sck_nobody").unwrap();
        let agents = [simulator.secret_key(), nobody].map(|key| client.agent(key));
        let stranger = client.session(SessionKey::new("nobody-issued-this").unwrap());
        Self {
            simulator,
            agents,
            sessions: vec![(stranger, Life::Unknown)],
            payments: Vec::new(),
            sales: Vec::new(),
            others: Vec::new(),
        }
    }

    /// The refusal that must come unless a session is open.
    fn open(&self, session: usize) -> Result<(), i64> {
        match self.sessions[session].1 {
            Life::Unknown => Err(code::UNKNOWN_SESSION),
            Life::Ended => Err(code::ENDED_SESSION),
            Life::Expired => Err(code::EXPIRED_SESSION),
            Life::Open => Ok(()),
        }
    }

    async fn take(&mut self, step: Step) {
        let requests = self.simulator.requests().len();
        match step {
            Step::Open { agent } => {
                let agent = agent % self.agents.len();
                let expected = if agent == 1 { Err(code::UNKNOWN_DEALER) } else { Ok(()) };
                let opened = self.agents[agent].get_auth_key(AuthRequest::new("agent", "user")).await;
                agree(&opened, expected);
                if let Ok(opened) = opened {
                    assert_eq!(opened.details.user_id.as_deref(), Some("user"));
                    self.sessions.push((opened.session, Life::Open));
                }
            }
            Step::Sale { session, kurus, decimals } => {
                let session = session % self.sessions.len();
                if !self.sale(session, kurus, decimals).await {
                    assert_eq!(self.simulator.requests().len(), requests, "nothing was sent");
                    return;
                }
            }
            Step::Reversal { session, sale } => {
                let session = session % self.sessions.len();
                let sale = sale % (self.sales.len() + self.others.len() + 1);
                let other = self.others.get(sale.wrapping_sub(self.sales.len()));
                let xact_id = self.sales.get(sale).map(|sale| &sale.xact_id).or(other);
                let xact_id = xact_id.map_or("unknown", String::as_str);
                let answer = self.sessions[session]
                    .0
                    .init_reversal_transaction(InitReversalRequest::new(xact_id))
                    .await;
                let expected = self.open(session).and_then(|()| match self.sales.get(sale) {
                    None => Err(code::UNKNOWN_TRANSACTION),
                    Some(sale) if sale.reversed => Err(code::ALREADY_REVERSED),
                    Some(_) => Ok(()),
                });
                agree(&answer, expected);
                if let Ok(handoff) = answer {
                    let (id, amount) = (handoff.payment_session().id().to_owned(), self.sales[sale].amount);
                    self.payments.push(Payment {
                        id,
                        amount,
                        what: What::Reversal(sale),
                        said: None,
                        decided: None,
                    });
                }
            }
            Step::Check { session, payment } => {
                let session = session % self.sessions.len();
                let payment = payment % (self.payments.len() + 1);
                self.check(session, payment).await;
            }
            Step::Phone { payment, approve } => {
                let payment = payment % (self.payments.len() + 1);
                self.phone(payment, approve).await;
                return;
            }
            Step::End { agent, session } => {
                let (agent, session) = (agent % self.agents.len(), session % self.sessions.len());
                let key = self.sessions[session].0.key().await.unwrap();
                let answer = self.agents[agent].logout(LogoutRequest::new(&key)).await;
                let expected = if agent == 1 { Err(code::UNKNOWN_DEALER) } else { self.open(session) };
                agree(&answer, expected);
                if answer.is_ok() {
                    self.sessions[session].1 = Life::Ended;
                }
            }
            Step::Expire { session } => {
                let session = session % self.sessions.len();
                let key = self.sessions[session].0.key().await.unwrap();
                self.simulator.expire_session(&key);
                if self.sessions[session].1 == Life::Open {
                    self.sessions[session].1 = Life::Expired;
                }
                return;
            }
        }
        assert_eq!(self.simulator.requests().len(), requests + 1, "sent once");
    }

    /// Whether the amount is one that can be sent.
    async fn sale(&mut self, session: usize, kurus: i64, decimals: u32) -> bool {
        let amount = Decimal::new(kurus, decimals);
        let request = InitSaleRequest::new(amount)
            .instalment(kurus)
            .card_holder_phone(kurus.to_string())
            .card_holder_mail(kurus.to_string());
        let answer = self.sessions[session].0.init_sale_transaction(request).await;
        if kurus <= 0 || decimals > 2 {
            assert_eq!(answer.unwrap_err().kind(), ErrorKind::InvalidInput);
            return false;
        }
        agree(&answer, self.open(session));
        if let Ok(handoff) = answer {
            let (id, what, said) = (handoff.payment_session().id().to_owned(), What::Sale, Some(kurus));
            self.payments.push(Payment { id, amount, what, said, decided: None });
        }
        true
    }

    async fn check(&self, session: usize, payment: usize) {
        let known = self.payments.get(payment);
        let id = known.map_or("unknown", |payment| payment.id.as_str());
        let answer = self.sessions[session].0.check_transaction(CheckTransactionRequest::new(id)).await;
        let expected = self.open(session).and_then(|()| known.ok_or(code::UNKNOWN_PAYMENT_SESSION));
        agree(&answer, expected);
        if let (Ok(answer), Ok(payment)) = (answer, expected) {
            let said = payment.said.map(|said| said.to_string()).unwrap_or_default();
            let expected = payment.decided.map(|succeeded| {
                let (amount, instalment) = (payment.amount.to_string(), payment.said.unwrap_or_default());
                (
                    Some(succeeded),
                    Some(amount),
                    Some(instalment),
                    Some(said.clone()),
                    Some(said),
                    Some("TRY".to_owned()),
                )
            });
            let seen = answer.data.into_iter().map(|it| {
                (
                    it.is_succeed,
                    it.amount.map(|amount| amount.to_string()),
                    it.instalment,
                    it.phone,
                    it.email,
                    it.currency,
                )
            });
            assert_eq!(seen.collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>());
        }
    }

    async fn phone(&mut self, payment: usize, approve: bool) {
        let phone = self.simulator.phone();
        let decide = |id: &str| if approve { phone.approve(id) } else { phone.decline(id) };
        let Some(known) = self.payments.get_mut(payment) else {
            assert!(decide("unknown").is_err());
            return;
        };
        let reversed = match known.what {
            What::Reversal(sale) => self.sales[sale].reversed,
            What::Sale => false,
        };
        let possible = known.decided.is_none() && !(approve && reversed);
        assert_eq!(decide(&known.id).is_ok(), possible);
        if !possible {
            return;
        }
        known.decided = Some(approve);
        let (amount, id) = (known.amount, known.id.clone());
        let what = known.what;
        // Its xact_id is what a check answers, by any open session.
        let opened = self.agents[0].get_auth_key(AuthRequest::new("agent", "user")).await.unwrap();
        let answer = opened.session.check_transaction(CheckTransactionRequest::new(id)).await.unwrap();
        self.sessions.push((opened.session, Life::Open));
        let xact_id = answer.data.into_iter().find_map(|transaction| transaction.xact_id).unwrap();
        match what {
            What::Sale if approve => self.sales.push(Sale { xact_id, amount, reversed: false }),
            _ => self.others.push(xact_id),
        }
        if let What::Reversal(sale) = what
            && approve
        {
            self.sales[sale].reversed = true;
        }
    }
}

/// The answer is a success where one must come, and else the refusal that must come.
#[track_caller]
fn agree<T: std::fmt::Debug, U>(answer: &Result<T, Error>, expected: Result<U, i64>) {
    match (answer, expected) {
        (Ok(_), Ok(_)) => {}
        (Err(error), Err(code)) => {
            let is_credential =
                [code::UNKNOWN_DEALER, code::UNKNOWN_SESSION, code::ENDED_SESSION, code::EXPIRED_SESSION];
            let status = if is_credential.contains(&code) { 401 } else { 400 };
            assert_eq!((error.status(), error.code()), (Some(status), Some(code)));
        }
        (answer, expected) => panic!("{answer:?}, and not {:?}", expected.err()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_steps_of_the_flow_come_to_what_the_model_says(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut model = Model::new().await;
            for step in steps {
                model.take(step).await;
            }
        });
    }
}
