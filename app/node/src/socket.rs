//! The ABCI socket: length-delimited protobuf over TCP or a Unix socket, one thread per connection.
//!
//! CometBFT opens four connections. Frames are capped, small answers are not held back, and reading does not copy a
//! message more often than it must. The types are those of `tendermint-abci`; its own server has none of these.

use crate::{abci, app::App};
use prost::Message;
use std::{
    io::{self, BufReader, BufWriter, Read, Write},
    net::TcpListener,
    thread,
};
use tendermint_proto::v0_38::abci::{Request, request::Value};

/// Bytes of the largest request: a block of CometBFT's hard limit of 100 MiB, with room.
const MAX_FRAME: u64 = 128 * 1024 * 1024;

/// Serves every connection until the listener fails.
pub fn serve(listener: TcpListener, app: &App) -> io::Result<()> {
    loop {
        let (stream, peer) = listener.accept()?;
        stream.set_nodelay(true)?;
        let (app, reader) = (app.clone(), BufReader::with_capacity(64 * 1024, stream.try_clone()?));
        thread::Builder::new().name(format!("abci {peer}")).spawn(move || {
            if let Err(error) = converse(reader, BufWriter::new(stream), &app) {
                tracing::error!(%peer, %error, "ABCI connection ended");
            }
        })?;
    }
}

fn converse(mut reader: impl Read, mut writer: impl Write, app: &App) -> io::Result<()> {
    let (mut frame, mut out) = (Vec::new(), Vec::new());
    while let Some(len) = read_length(&mut reader)? {
        frame.clear();
        reader.by_ref().take(len).read_to_end(&mut frame)?;
        if frame.len() as u64 != len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let request = Request::decode(frame.as_slice()).map_err(io::Error::other)?;
        let flush = matches!(request.value, Some(Value::Flush(_)));
        let response = abci::handle(app, request);
        out.clear();
        response.encode_length_delimited(&mut out).map_err(io::Error::other)?;
        writer.write_all(&out)?;
        if flush {
            writer.flush()?;
        }
        frame.shrink_to(1024 * 1024);
        out.shrink_to(1024 * 1024);
    }
    Ok(())
}

/// The next frame's length; none at the end of the stream.
fn read_length(reader: &mut impl Read) -> io::Result<Option<u64>> {
    let mut length = 0u64;
    for shift in (0..35).step_by(7) {
        let mut byte = [0u8];
        if reader.read(&mut byte)? == 0 {
            return if shift == 0 { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        let [byte] = byte;
        length |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return if length <= MAX_FRAME { Ok(Some(length)) } else { Err(io::Error::other("frame is too large")) };
        }
    }
    Err(io::Error::other("frame length is not a varint"))
}
