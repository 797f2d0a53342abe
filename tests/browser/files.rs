//! A server of the page's files.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    thread,
};

/// Serves the files of a directory on a port of its own, and returns the origin. The host is `localhost`, because a
/// relying party of passkeys is a domain.
pub fn serve(directory: PathBuf) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for connection in listener.incoming().map_while(Result::ok) {
            let directory = directory.clone();
            thread::spawn(move || respond(&connection, &directory));
        }
    });
    format!("http://localhost:{port}")
}

/// Responds to the request of a connection, and closes it.
fn respond(mut connection: &TcpStream, directory: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(connection).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    // The browser expects that its whole request is read.
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let path = request.split(' ').nth(1).and_then(|target| target.split('?').next()).unwrap_or_default();
    let (name, media_type) = match path {
        "/page.js" => ("page.js", "text/javascript"),
        "/page_bg.wasm" => ("page_bg.wasm", "application/wasm"),
        _ => ("index.html", "text/html"),
    };
    let body = fs::read(directory.join(name))?;
    write!(connection, "HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\n", body.len())?;
    connection.write_all(b"Connection: close\r\n\r\n")?;
    connection.write_all(&body)
}
