//! Routes: one typed function per RPC, found by protobuf names.
//!
//! Modules register functions; `seal` holds them against the descriptors and refuses to run when an RPC lacks one.
//! The same table answers messages of transactions, ABCI queries, gRPC and REST.

use crate::{
    address::Address,
    ctx::Ctx,
    error::{Result, Sdk, ensure},
};
use aliquot_proto::Any;
use prost::{Message, Name};
use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor, ServiceDescriptor, Value};
use std::collections::BTreeMap;

type MsgHandler = Box<dyn Fn(&mut Ctx, &[u8]) -> Result<Vec<u8>> + Send + Sync>;
type QueryHandler = Box<dyn Fn(&Ctx, &[u8]) -> Result<Vec<u8>> + Send + Sync>;

/// What the modules registered, by the full name of the request.
#[derive(Default)]
pub struct Routes {
    msgs: BTreeMap<String, (String, MsgHandler)>,
    queries: BTreeMap<String, (String, QueryHandler)>,
    unserved: Vec<&'static str>,
}

impl Routes {
    /// A message of transactions: runs in a layer of its own, dropped when it fails.
    pub fn msg<M, R>(&mut self, handler: fn(&mut Ctx, M) -> Result<R>) -> &mut Self
    where
        M: Message + Name + Default + 'static,
        R: Message + Name + 'static,
    {
        let call = move |ctx: &mut Ctx, raw: &[u8]| {
            let msg = M::decode(raw).map_err(|e| Sdk::TxDecode(format!("{}: {e}", M::full_name())))?;
            ctx.atomic(|ctx| handler(ctx, msg)).map(|response| response.encode_to_vec())
        };
        self.msgs.insert(M::full_name(), (R::full_name(), Box::new(call)));
        self
    }

    pub fn query<Q, R>(&mut self, handler: fn(&Ctx, Q) -> Result<R>) -> &mut Self
    where
        Q: Message + Name + Default + 'static,
        R: Message + Name + 'static,
    {
        let call = move |ctx: &Ctx, raw: &[u8]| {
            let query = Q::decode(raw).map_err(|e| Sdk::InvalidRequest(format!("{}: {e}", Q::full_name())))?;
            handler(ctx, query).map(|response| response.encode_to_vec())
        };
        self.queries.insert(Q::full_name(), (R::full_name(), Box::new(call)));
        self
    }

    /// RPCs (`package.Service/Method`) of a service that is otherwise served, which answer "unimplemented" for now.
    pub fn unserved(&mut self, methods: &[&'static str]) -> &mut Self {
        self.unserved.extend_from_slice(methods);
        self
    }

    /// Holds the table against the descriptors. `services` are those served, as `aliquot.market.v1.Msg`.
    pub fn seal(mut self, pool: &DescriptorPool, services: &[String]) -> Result<SealedRoutes, String> {
        let mut sealed = SealedRoutes::default();
        for name in services {
            let service = pool.get_service_by_name(name).ok_or_else(|| format!("service {name} has no descriptor"))?;
            self.seal_service(&service, &mut sealed)?;
        }
        match self.msgs.keys().chain(self.queries.keys()).next() {
            Some(left) => Err(format!("a handler takes {left}, but no served RPC does")),
            None => Ok(sealed),
        }
    }

    fn seal_service(&mut self, service: &ServiceDescriptor, sealed: &mut SealedRoutes) -> Result<(), String> {
        for method in service.methods() {
            let path = format!("{}/{}", service.full_name(), method.name());
            let (input, output) = (method.input().full_name().to_string(), method.output().full_name().to_string());
            if self.unserved.contains(&path.as_str()) {
                sealed.unserved.push(format!("/{path}"));
                continue;
            }
            let found = if service.name() == "Msg" {
                let found = self.msgs.remove(&input);
                found.map(|(response, call)| {
                    let signers = SignerPath::of(&method.input())?;
                    let route = MsgRoute { response_url: format!("/{output}"), signers, call };
                    sealed.msgs.insert(format!("/{input}"), route);
                    Ok::<_, String>(response)
                })
            } else {
                let found = self.queries.remove(&input);
                found.map(|(response, call)| {
                    sealed.queries.insert(format!("/{path}"), call);
                    Ok(response)
                })
            };
            let response = found.ok_or_else(|| format!("no handler for {path}"))??;
            if response != output {
                return Err(format!("the handler of {path} answers {response}, not {output}"));
            }
        }
        Ok(())
    }
}

struct MsgRoute {
    response_url: String,
    signers: SignerPath,
    call: MsgHandler,
}

/// The complete table of a running chain.
#[derive(Default)]
pub struct SealedRoutes {
    msgs: BTreeMap<String, MsgRoute>,
    queries: BTreeMap<String, QueryHandler>,
    unserved: Vec<String>,
}

impl SealedRoutes {
    fn msg(&self, url: &str) -> Result<&MsgRoute> {
        self.msgs.get(url).ok_or_else(|| {
            let url: String = url.chars().take(128).collect();
            Sdk::UnknownRequest(format!("unrecognized message route: {url}")).into()
        })
    }

    /// Runs one message; the response is packed with its type URL.
    pub fn execute(&self, ctx: &mut Ctx, msg: &Any) -> Result<Any> {
        let route = self.msg(&msg.type_url)?;
        let value = (route.call)(ctx, &msg.value)?;
        Ok(Any { type_url: route.response_url.clone(), value })
    }

    /// The accounts that must sign `msg`, in the order of the message's fields.
    pub fn signers(&self, msg: &Any) -> Result<Vec<Address>> {
        let mut out = Vec::with_capacity(1);
        for text in self.signer_texts(msg)? {
            let address = Address::parse(text)?;
            if !out.contains(&address) {
                out.push(address);
            }
        }
        Ok(out)
    }

    /// The first of them, as the message spells it.
    pub fn sender<'a>(&self, msg: &'a Any) -> Result<&'a str> {
        self.signer_texts(msg).map(|texts| texts.first().copied().unwrap_or_default())
    }

    fn signer_texts<'a>(&self, msg: &'a Any) -> Result<Vec<&'a str>> {
        let mut out = Vec::with_capacity(1);
        self.msg(&msg.type_url)?.signers.read(&msg.value, &mut out)?;
        ensure(!out.is_empty(), || Sdk::InvalidAddress(format!("{} names no signer", msg.type_url)))?;
        Ok(out)
    }

    pub fn has_msg(&self, url: &str) -> bool {
        self.msgs.contains_key(url)
    }

    /// Answers a query by its path, `/package.Service/Method`.
    pub fn query(&self, ctx: &Ctx, path: &str, raw: &[u8]) -> Result<Vec<u8>> {
        match self.queries.get(path) {
            Some(call) => call(ctx, raw),
            None if self.unserved.iter().any(|p| p == path) => {
                Err(Sdk::NotSupported(format!("{path} is not served yet")).into())
            }
            None => Err(Sdk::UnknownRequest(format!("unknown query path {path}")).into()),
        }
    }

    pub fn query_paths(&self) -> impl Iterator<Item = &str> {
        self.queries.keys().map(String::as_str)
    }

    pub fn msg_urls(&self) -> impl Iterator<Item = &str> {
        self.msgs.keys().map(String::as_str)
    }
}

/// Where a message names its signers: the numbers of the fields that `cosmos.msg.v1.signer` points at. Read straight
/// from the wire, since the ante needs them before it pays for decoding the message.
struct SignerPath(Vec<(u32, Option<SignerPath>)>);

impl SignerPath {
    fn of(message: &MessageDescriptor) -> Result<Self, String> {
        let name = message.full_name();
        let pool = message.parent_pool();
        let option = pool.get_extension_by_name("cosmos.msg.v1.signer").ok_or("cosmos.msg.v1.signer is unknown")?;
        let options = message.options();
        let fields = options.get_extension(&option);
        let fields =
            fields.as_list().filter(|l| !l.is_empty()).ok_or_else(|| format!("{name} has no signer option"))?;
        let path = |field: &Value| {
            let field = field.as_str().and_then(|f| message.get_field_by_name(f));
            let field: FieldDescriptor = field.ok_or_else(|| format!("{name} names a signer field it lacks"))?;
            match field.kind() {
                Kind::String => Ok((field.number(), None)),
                Kind::Message(inner) => Ok((field.number(), Some(SignerPath::of(&inner)?))),
                _ => Err(format!("{name}: signer field {} is neither text nor message", field.name())),
            }
        };
        fields.iter().map(path).collect::<Result<_, String>>().map(SignerPath)
    }

    fn read<'a>(&self, raw: &'a [u8], out: &mut Vec<&'a str>) -> Result<()> {
        for (number, inner) in &self.0 {
            for value in fields_numbered(raw, *number) {
                let value = value.ok_or_else(|| Sdk::TxDecode("message is cut short".into()))?;
                match inner {
                    Some(inner) => inner.read(value, out)?,
                    None => {
                        let text = std::str::from_utf8(value);
                        out.push(text.map_err(|_| Sdk::InvalidAddress("signer is not text".into()))?);
                    }
                }
            }
        }
        Ok(())
    }
}

/// The length-delimited fields of a message with one number; `None` ends a message that is cut short.
fn fields_numbered(raw: &[u8], number: u32) -> impl Iterator<Item = Option<&[u8]>> {
    let mut rest = raw;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let field = next_field(&mut rest);
            match field {
                None => {
                    rest = &[];
                    return Some(None);
                }
                Some((n, Some(value))) if n == number => return Some(Some(value)),
                Some(_) => {}
            }
        }
        None
    })
}

fn next_field<'a>(rest: &mut &'a [u8]) -> Option<(u32, Option<&'a [u8]>)> {
    let tag = prost::encoding::decode_varint(rest).ok()?;
    let number = u32::try_from(tag >> 3).ok()?;
    let skip = match tag & 7 {
        0 => {
            prost::encoding::decode_varint(rest).ok()?;
            return Some((number, None));
        }
        1 => 8,
        5 => 4,
        2 => usize::try_from(prost::encoding::decode_varint(rest).ok()?).ok()?,
        _ => return None,
    };
    let (value, tail) = rest.split_at_checked(skip)?;
    *rest = tail;
    Some((number, (tag & 7 == 2).then_some(value)))
}
