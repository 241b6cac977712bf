//! Randomness as a parameter, and the two alphabets that identifiers and secrets are drawn from.

/// A source of random bytes. Production reads the operating system; tests count.
pub trait Entropy: Send + Sync {
    /// Fills the buffer. A source that cannot deliver ends the process: nothing may go on with weak randomness.
    fn fill(&self, buffer: &mut [u8]);
}

const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// Letters and digits without those that look alike.
const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// `length` letters and digits, each of the 62 equally likely: about 5.95 bits a character.
pub fn alphanumeric(entropy: &dyn Entropy, length: usize) -> String {
    // Bytes from 248 on are dropped, since 256 is not a multiple of 62 and the first letters would come more often.
    draw(entropy, length, 248, |byte| ALPHANUMERIC.get(usize::from(byte % 62)))
}

/// `length` characters of base58, each of the 58 equally likely: about 5.86 bits a character.
pub fn base58(entropy: &dyn Entropy, length: usize) -> String {
    draw(entropy, length, 232, |byte| BASE58.get(usize::from(byte % 58)))
}

/// `length` decimal digits, each equally likely: about 3.3 bits a digit.
pub fn decimal(entropy: &dyn Entropy, length: usize) -> String {
    draw(entropy, length, 250, |byte| b"0123456789".get(usize::from(byte % 10)))
}

/// Draws bytes below `end` until there are `length` letters.
fn draw(entropy: &dyn Entropy, length: usize, end: u8, letter: impl Fn(u8) -> Option<&'static u8>) -> String {
    let mut text = String::with_capacity(length);
    let mut buffer = [0_u8; 64];
    while text.len() < length {
        entropy.fill(&mut buffer);
        let letters = buffer.iter().filter(|byte| **byte < end).filter_map(|byte| letter(*byte));
        text.extend(letters.map(|letter| char::from(*letter)).take(length - text.len()));
    }
    text
}

/// `length` lower-case hexadecimal digits.
pub fn hexadecimal(entropy: &dyn Entropy, length: usize) -> String {
    let mut bytes = vec![0_u8; length.div_ceil(2)];
    entropy.fill(&mut bytes);
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    halves.filter_map(|half| char::from_digit(half.into(), 16)).take(length).collect()
}
