//! [`IdentityCache`]: work done once for each shared object, such as a row layout.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// Objects beyond which everything is forgotten: whoever makes a new layout for each event must not grow it for ever.
const MOST: usize = 1024;

/// What was worked out for an object, found again by the object's identity and not by its contents.
pub(super) struct IdentityCache<K, V> {
    /// The object is kept alive beside its result, so that its address cannot come to mean another one.
    results: HashMap<usize, (Arc<K>, V)>,
}

impl<K, V> IdentityCache<K, V> {
    /// The result for this object, worked out if it is new.
    pub(super) fn get_or_try_insert<E>(
        &mut self,
        key: &Arc<K>,
        make: impl FnOnce(&Arc<K>) -> Result<V, E>,
    ) -> Result<&V, E> {
        let address = Arc::as_ptr(key) as usize;
        if !self.results.contains_key(&address) {
            let result = make(key)?;
            if self.results.len() >= MOST {
                self.results.clear();
            }
            self.results.insert(address, (Arc::clone(key), result));
        }
        Ok(&self.results[&address].1)
    }
}

impl<K, V> Default for IdentityCache<K, V> {
    fn default() -> Self {
        Self { results: HashMap::new() }
    }
}

impl<K, V> fmt::Debug for IdentityCache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdentityCache({})", self.results.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_objects_are_not_the_same_and_the_size_is_bounded() {
        let mut cache = IdentityCache::<String, usize>::default();
        let (a, b) = (Arc::new("x".to_owned()), Arc::new("x".to_owned()));
        let mut made = 0;
        for key in [&a, &b, &a, &b] {
            let make = |_: &Arc<String>| -> Result<usize, ()> {
                made += 1;
                Ok(made)
            };
            cache.get_or_try_insert(key, make).unwrap();
        }
        assert_eq!(made, 2);
        for i in 0..3 * MOST {
            let key = Arc::new(i.to_string());
            cache.get_or_try_insert(&key, |_| Ok::<_, ()>(i)).unwrap();
        }
        assert!(cache.results.len() <= MOST);
    }
}
