//! Against servers: hostile ones made of canned answers, and a real registry where there is one.

mod hostile;
mod login;
mod registry;

use crate::{Authorities, Client, Login, PluginSource, Reference};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A client of public servers with this login.
fn client(login: Option<Login>) -> Client {
    Client::new(login, &Authorities::Public)
}

fn reference(address: &str, name: &str) -> Reference {
    match PluginSource::parse(&format!("oci://{address}/acme/rules{name}")) {
        Ok(PluginSource::Oci(reference)) => reference,
        other => panic!("{other:?}"),
    }
}

/// A server that gives the same answers in turn, one per connection; its address.
pub(crate) fn server(answers: Vec<Vec<u8>>) -> String {
    listening(answers).0
}

/// The same, with the heads of the calls that it gets.
fn listening(answers: Vec<Vec<u8>>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    std::thread::spawn(move || {
        for answer in answers.iter().cycle() {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let head = head(&mut stream);
            seen.lock().unwrap().push(String::from_utf8_lossy(&head).into_owned());
            let _ = stream.write_all(answer);
        }
    });
    (address, heads)
}

/// Up to the end of the head; calls that read have no body.
fn head(stream: &mut TcpStream) -> Vec<u8> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
        head.push(byte[0]);
    }
    head
}

pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}
