//! Working copies of a message: each read once, changed in place, and taken out in the order of their keys.

use std::collections::BTreeMap;

use cosmwasm_std::StdError;
use hub_types::packed::PackedKey;

/// Values by key, found by the bytes that the key has in storage.
///
/// One search tree, over bytes and places, serves all kinds of keys and values: a tree for each kind would make a twelfth of
/// the contract's code.
pub struct Copies<K, V> {
    places: BTreeMap<Vec<u8>, usize>,
    /// In the order in which they came. None are those that were taken out.
    copies: Vec<Option<(K, V)>>,
}

impl<K, V> Default for Copies<K, V> {
    fn default() -> Self {
        Self {
            places: BTreeMap::new(),
            copies: vec![],
        }
    }
}

impl<K: PackedKey, V> Copies<K, V> {
    /// The copy of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        let place = self.places.get(&bytes(key))?;
        let (_, copy) = self.copies.get(*place)?.as_ref()?;
        Some(copy)
    }

    /// The copy of a key, to be changed.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let place = self.places.get(&bytes(key))?;
        let (_, copy) = self.copies.get_mut(*place)?.as_mut()?;
        Some(copy)
    }

    /// The copy of a key, which `read` makes if there is none yet.
    pub fn find<E: From<StdError>>(
        &mut self,
        key: K,
        read: impl FnOnce() -> Result<V, E>,
    ) -> Result<&mut V, E> {
        let bytes = bytes(&key);
        let place = match self.places.get(&bytes) {
            Some(place) => *place,
            None => {
                let copy = read()?;
                self.push(bytes, key, copy)
            }
        };
        match self.copies.get_mut(place) {
            Some(Some((_, copy))) => Ok(copy),
            // Every place is one of `copies`, from which nothing is taken before the end.
            _ => Err(StdError::generic_err("a working copy is lost").into()),
        }
    }

    /// Puts a copy in the place of the one that its key has, if any.
    pub fn set(&mut self, key: K, copy: V) {
        match self.get_mut(&key) {
            Some(present) => *present = copy,
            None => {
                self.push(bytes(&key), key, copy);
            }
        }
    }

    /// All copies, ascending by the bytes of their keys.
    pub fn into_sorted(self) -> impl Iterator<Item = (K, V)> {
        let Self { places, mut copies } = self;
        places
            .into_values()
            .filter_map(move |place| copies.get_mut(place)?.take())
    }

    /// All copies, ascending by the bytes of their keys.
    pub fn sorted(&self) -> impl Iterator<Item = &(K, V)> {
        self.places
            .values()
            .filter_map(|place| self.copies.get(*place)?.as_ref())
    }

    fn push(&mut self, bytes: Vec<u8>, key: K, copy: V) -> usize {
        let place = self.copies.len();
        self.copies.push(Some((key, copy)));
        self.places.insert(bytes, place);
        place
    }
}

fn bytes(key: &impl PackedKey) -> Vec<u8> {
    let mut bytes = vec![];
    key.append(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::StdResult;
    use hub_types::ids::ModelId;

    use super::*;

    type Words = Copies<ModelId, &'static str>;

    fn read(copies: &mut Words, model: u64, word: &'static str) -> &'static str {
        let found: StdResult<_> = copies.find(ModelId(model), || Ok(word));
        found.unwrap()
    }

    #[test]
    fn a_copy_is_read_once_and_what_was_changed_stays() {
        let mut copies = Words::default();
        assert_eq!(read(&mut copies, 7, "stored"), "stored");
        *copies.get_mut(&ModelId(7)).unwrap() = "changed";
        assert_eq!(read(&mut copies, 7, "stored"), "changed");
        copies.set(ModelId(7), "set");
        assert_eq!(copies.get(&ModelId(7)), Some(&"set"));
        assert_eq!(copies.get(&ModelId(8)), None);
        assert_eq!(copies.get_mut(&ModelId(8)), None);
    }

    #[test]
    fn a_copy_that_cannot_be_read_leaves_none() {
        let mut copies = Words::default();
        let refused = copies.find(ModelId(1), || Err(StdError::generic_err("refused")));
        assert_eq!(refused, Err(StdError::generic_err("refused")));
        assert_eq!(copies.get(&ModelId(1)), None);
        assert_eq!(read(&mut copies, 1, "stored"), "stored");
    }

    #[test]
    fn they_are_taken_out_in_the_order_of_their_keys_however_they_came() {
        let mut copies = Words::default();
        for (model, word) in [(300, "c"), (2, "b"), (1, "a"), (u64::MAX, "d")] {
            copies.set(ModelId(model), word);
        }
        let sorted = [(1, "a"), (2, "b"), (300, "c"), (u64::MAX, "d")]
            .map(|(model, word)| (ModelId(model), word));
        assert_eq!(copies.sorted().copied().collect::<Vec<_>>(), sorted);
        assert_eq!(copies.into_sorted().collect::<Vec<_>>(), sorted);
    }
}
