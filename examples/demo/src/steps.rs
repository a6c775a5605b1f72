mod leave;
mod prepay;
mod publish;
mod raise_price;
mod run_dry;
mod serve;
mod spend_income;
mod vouch;

pub use leave::leave;
pub use prepay::prepay;
pub use publish::publish;
pub use raise_price::raise_price;
pub use run_dry::run_dry;
pub use serve::serve;
pub use spend_income::spend_income;
pub use vouch::vouch;
