use hub_types::price::Rates;
use hub_types::walrus::BlobId;
use serde::Deserialize;

use crate::model::rates;

/// Real models, blob ids and prices: the contents of `tests/vectors/market.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Market {
    /// Public models.
    pub models: Vec<MarketModel>,
    /// Further blob ids that are public on Walrus.
    pub other_blob_ids: Vec<BlobId>,
    /// Published prices.
    pub cards: Vec<Card>,
    /// Texts that people take for blob ids and that are none.
    pub not_blob_ids: Vec<String>,
}

/// A public model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketModel {
    /// Its name.
    pub name: String,
    /// Where it lies on Walrus.
    pub blob_id: BlobId,
    /// Where name and id come from.
    pub source: String,
}

/// A published price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// For which model it was published.
    pub model: String,
    /// In millionths of a dollar.
    pub rates: Rates,
}

impl Market {
    /// The project's own copy.
    pub fn load() -> Self {
        Self::parse(include_str!("market.json"))
            .unwrap_or_else(|error| panic!("market.json: {error}"))
    }

    /// Another file of the same form.
    pub fn parse(json: &str) -> anyhow::Result<Self> {
        let file: File = serde_json::from_str(json)?;
        let blob_id = |text: &String| text.parse::<BlobId>();
        Ok(Self {
            models: file
                .models
                .into_iter()
                .map(|model| {
                    Ok(MarketModel {
                        blob_id: blob_id(&model.blob_id)?,
                        name: model.name,
                        source: model.source,
                    })
                })
                .collect::<anyhow::Result<_>>()?,
            other_blob_ids: file
                .other_public_blob_ids
                .iter()
                .map(blob_id)
                .collect::<Result<_, _>>()?,
            cards: file
                .price_card_usd_per_million_tokens
                .into_iter()
                .map(|card| Card {
                    model: card.model,
                    rates: rates(0, micro(card.input), micro(card.output)),
                })
                .collect(),
            not_blob_ids: file.must_be_rejected_as_blob_ids,
        })
    }

    /// The price of the model at `index`: the cards go round the models.
    pub fn rates(&self, index: usize) -> Rates {
        self.cards[index % self.cards.len()].rates
    }
}

/// Dollars to millionths.
fn micro(usd: f64) -> u128 {
    (usd * 1e6).round() as u128
}

#[derive(Deserialize)]
struct File {
    models: Vec<FileModel>,
    other_public_blob_ids: Vec<String>,
    price_card_usd_per_million_tokens: Vec<FileCard>,
    must_be_rejected_as_blob_ids: Vec<String>,
}

#[derive(Deserialize)]
struct FileModel {
    name: String,
    blob_id: String,
    source: String,
}

#[derive(Deserialize)]
struct FileCard {
    model: String,
    input: f64,
    output: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_market_has_models_and_prices_in_millionths() {
        let market = Market::load();
        assert_eq!(market.models.len(), 8);
        assert_eq!(market.models[0].name, "og-1hr-volatility-ethusdt");
        assert_eq!(market.rates(2), rates(0, 1_250_000, 10_000_000));
        assert_eq!(
            market.rates(market.cards.len()),
            rates(0, 2_000_000, 8_000_000)
        );
        assert_eq!(market.other_blob_ids.len(), 16);
        for text in &market.not_blob_ids {
            assert!(text.parse::<BlobId>().is_err(), "{text}");
        }
    }
}
