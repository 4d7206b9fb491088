//! Keys in files, each encrypted under a passphrase.
//!
//! One JSON file per key, `NAME.json`, mode 0600, in a folder of mode 0700. The private key is sealed with
//! XChaCha20-Poly1305 under Argon2id of the passphrase; name, address and public key are readable, so that keys
//! can be listed without it, and they are authenticated, so that a file cannot be passed off as another key's.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use chacha20poly1305::{
    AeadCore, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, OsRng, Payload, rand_core::RngCore},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::key::{Key, KeyError, Mnemonic};

/// Least length of a passphrase, in bytes.
pub const MIN_PASSPHRASE: usize = 8;

// The second choice that RFC 9106 recommends: 64 MiB, three passes.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
// A file may ask for more than we write, but not for so much that opening it stops the machine.
const MAX_MEMORY_KIB: u32 = 1024 * 1024;
const MAX_PASSES: u32 = 64;
const FORMAT: u32 = 1;

#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    #[error("key name {0:?} is not usable: take 1 to 64 letters, digits, '-' or '_'")]
    BadName(String),
    #[error("a key named {0:?} exists already; delete it first or take another name")]
    Duplicate(String),
    #[error("no key named {name:?} in {}; `keys list` shows what is there", dir.display())]
    NotFound { name: String, dir: PathBuf },
    #[error("the passphrase does not open key {0:?}: it is wrong, or the file was altered")]
    WrongPassphrase(String),
    #[error("the passphrase is too short: take at least {MIN_PASSPHRASE} characters")]
    ShortPassphrase,
    #[error("{} is not a key file of this version: {reason}", path.display())]
    Malformed { path: PathBuf, reason: String },
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("the key could not be encrypted")]
    Encryption,
}

type Result<T> = std::result::Result<T, KeyringError>;

/// What a key file tells without its passphrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    pub name: String,
    pub address: String,
    /// Compressed, 33 bytes.
    pub public_key: Vec<u8>,
}

/// A folder of key files.
#[derive(Clone, Debug)]
pub struct Keyring {
    dir: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    version: u32,
    name: String,
    address: String,
    public_key: String,
    kdf: Kdf,
    cipher: Cipher,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kdf {
    algorithm: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cipher {
    algorithm: String,
    nonce: String,
    ciphertext: String,
}

impl Keyring {
    /// Opens the folder, and makes it if it is not there.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self> {
        let dir = dir.into();
        DirBuilder::new().recursive(true).mode(0o700).create(&dir).map_err(|e| io_error(&dir, e))?;
        Ok(Keyring { dir })
    }

    /// Keeps the key of a mnemonic of 12 or 24 words.
    pub fn add(&self, name: &str, mnemonic: &str, passphrase: &str) -> Result<KeyInfo> {
        let path = self.path(name)?;
        // Before the costly hash; the write below refuses an existing file for good.
        if path.exists() {
            return Err(KeyringError::Duplicate(name.into()));
        }
        let key = Key::from_mnemonic(mnemonic)?;
        let file = seal(name, &key, passphrase)?;
        self.write(name, &path, &file)?;
        info(&file, &path)
    }

    /// Makes a key and returns its 24 words, which are kept nowhere else.
    pub fn generate(&self, name: &str, passphrase: &str) -> Result<Mnemonic> {
        let mnemonic = Mnemonic::generate()?;
        self.add(name, mnemonic.phrase(), passphrase)?;
        Ok(mnemonic)
    }

    /// Every key, by name.
    pub fn list(&self) -> Result<Vec<KeyInfo>> {
        let mut keys = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(|e| io_error(&self.dir, e))? {
            let path = entry.map_err(|e| io_error(&self.dir, e))?.path();
            let hidden = path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"."));
            if path.extension().is_some_and(|e| e == "json") && !hidden {
                keys.push(info(&read(&path)?, &path)?);
            }
        }
        keys.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(keys)
    }

    /// What is known of a key without its passphrase.
    pub fn info(&self, name: &str) -> Result<KeyInfo> {
        let path = self.existing(name)?;
        info(&read(&path)?, &path)
    }

    /// Decrypts a key. Takes a fraction of a second by design.
    pub fn load(&self, name: &str, passphrase: &str) -> Result<Key> {
        let path = self.existing(name)?;
        open(name, &read(&path)?, &path, passphrase)
    }

    pub fn delete(&self, name: &str) -> Result<()> {
        let path = self.existing(name)?;
        fs::remove_file(&path).map_err(|e| io_error(&path, e))?;
        sync_dir(&self.dir)
    }

    fn path(&self, name: &str) -> Result<PathBuf> {
        let usable = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || name.len() > 64 || !name.chars().all(usable) {
            return Err(KeyringError::BadName(name.into()));
        }
        Ok(self.dir.join(format!("{name}.json")))
    }

    fn existing(&self, name: &str) -> Result<PathBuf> {
        let path = self.path(name)?;
        match path.exists() {
            true => Ok(path),
            false => Err(KeyringError::NotFound { name: name.into(), dir: self.dir.clone() }),
        }
    }

    /// All or nothing: the bytes are on disk under another name before the name that counts appears. A hard link
    /// makes it, since a rename would silently replace a key that another process has just written.
    fn write(&self, name: &str, path: &Path, file: &KeyFile) -> Result<()> {
        let mut suffix = [0; 8];
        OsRng.fill_bytes(&mut suffix);
        let tmp = self.dir.join(format!(".{name}.{}.tmp", hex::encode(suffix)));
        let written = (|| {
            let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&tmp)?;
            let mut json = serde_json::to_vec_pretty(file)?;
            json.push(b'\n');
            out.write_all(&json)?;
            out.sync_all()
        })();
        let linked = written.and_then(|()| fs::hard_link(&tmp, path));
        let removed = fs::remove_file(&tmp);
        match linked {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                return Err(KeyringError::Duplicate(name.into()));
            }
            Err(e) => return Err(io_error(path, e)),
            Ok(()) => removed.map_err(|e| io_error(&tmp, e))?,
        }
        sync_dir(&self.dir)
    }
}

fn seal(name: &str, key: &Key, passphrase: &str) -> Result<KeyFile> {
    if passphrase.len() < MIN_PASSPHRASE {
        return Err(KeyringError::ShortPassphrase);
    }
    let mut salt = [0; 16];
    OsRng.fill_bytes(&mut salt);
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(32)).map_err(|_| KeyringError::Encryption)?;
    let wrapping = derive(passphrase, &salt, params).ok_or(KeyringError::Encryption)?;
    let cipher = XChaCha20Poly1305::new_from_slice(wrapping.as_slice()).map_err(|_| KeyringError::Encryption)?;
    let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
    let public_key = hex::encode(key.public_key());
    let aad = authenticated(name, key.address(), &public_key);
    let secret = key.secret();
    let sealed =
        cipher.encrypt(&nonce, Payload { msg: secret.as_slice(), aad: &aad }).map_err(|_| KeyringError::Encryption)?;
    Ok(KeyFile {
        version: FORMAT,
        name: name.into(),
        address: key.address().into(),
        public_key,
        kdf: Kdf {
            algorithm: "argon2id".into(),
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: 1,
            salt: BASE64.encode(salt),
        },
        cipher: Cipher {
            algorithm: "xchacha20poly1305".into(),
            nonce: BASE64.encode(nonce),
            ciphertext: BASE64.encode(sealed),
        },
    })
}

fn open(name: &str, file: &KeyFile, path: &Path, passphrase: &str) -> Result<Key> {
    let malformed = |reason: &str| KeyringError::Malformed { path: path.into(), reason: reason.into() };
    if file.kdf.algorithm != "argon2id" || file.cipher.algorithm != "xchacha20poly1305" {
        return Err(malformed("unknown algorithm"));
    }
    if file.kdf.memory_kib > MAX_MEMORY_KIB || file.kdf.passes > MAX_PASSES {
        return Err(malformed("it asks for more work than this version does"));
    }
    let bytes = |text: &str, what: &str| BASE64.decode(text).map_err(|_| malformed(what));
    let salt = bytes(&file.kdf.salt, "the salt is not base64")?;
    let nonce = bytes(&file.cipher.nonce, "the nonce is not base64")?;
    let sealed = bytes(&file.cipher.ciphertext, "the ciphertext is not base64")?;
    let nonce: [u8; 24] = nonce.try_into().map_err(|_| malformed("the nonce is not 24 bytes"))?;
    let params = Params::new(file.kdf.memory_kib, file.kdf.passes, file.kdf.lanes, Some(32))
        .map_err(|_| malformed("the parameters of argon2id are out of range"))?;
    let wrapping = derive(passphrase, &salt, params).ok_or_else(|| malformed("the salt is not usable"))?;
    let cipher = XChaCha20Poly1305::new_from_slice(wrapping.as_slice()).map_err(|_| KeyringError::Encryption)?;
    // The name is the one asked for, so that a file copied over another's name does not open.
    let aad = authenticated(name, &file.address, &file.public_key);
    let secret = cipher
        .decrypt(&XNonce::from(nonce), Payload { msg: &sealed, aad: &aad })
        .map(Zeroizing::new)
        .map_err(|_| KeyringError::WrongPassphrase(name.into()))?;
    Ok(Key::from_secret(&secret)?)
}

fn derive(passphrase: &str, salt: &[u8], params: Params) -> Option<Zeroizing<[u8; 32]>> {
    let mut out = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, out.as_mut_slice())
        .ok()?;
    Some(out)
}

fn authenticated(name: &str, address: &str, public_key: &str) -> Vec<u8> {
    format!("aliquot/keyring/{FORMAT}\n{name}\n{address}\n{public_key}").into_bytes()
}

fn info(file: &KeyFile, path: &Path) -> Result<KeyInfo> {
    let public_key = hex::decode(&file.public_key)
        .map_err(|_| KeyringError::Malformed { path: path.into(), reason: "the public key is not hex".into() })?;
    Ok(KeyInfo { name: file.name.clone(), address: file.address.clone(), public_key })
}

fn read(path: &Path) -> Result<KeyFile> {
    let malformed = |reason: String| KeyringError::Malformed { path: path.into(), reason };
    let bytes = fs::read(path).map_err(|e| io_error(path, e))?;
    let file: KeyFile = serde_json::from_slice(&bytes).map_err(|e| malformed(e.to_string()))?;
    if file.version != FORMAT {
        return Err(malformed(format!("its version is {}, this one reads {FORMAT}", file.version)));
    }
    Ok(file)
}

/// A rename or link is on disk only when its folder is.
fn sync_dir(dir: &Path) -> Result<()> {
    File::open(dir).and_then(|d| d.sync_all()).map_err(|e| io_error(dir, e))
}

fn io_error(path: &Path, source: io::Error) -> KeyringError {
    KeyringError::Io { path: path.into(), source }
}
