//! A shorter client: what progenitor repeats in each method becomes one call of the transport.
//!
//! progenitor's method formats and parses the URL, sets a header `api-version` that the server does not know, runs
//! three hooks, clones the headers of the response and decodes its body. Each of that costs time in every call, and in
//! every build, since there are many methods. The methods of the result only build the request. The rest is in
//! [`Options::transport`](super::Options::transport), which has these functions:
//!
//! - `url(&self, path: &str) -> Url` returns the URL of a percent-encoded path,
//! - `json`, `empty` and `stream` send a request, and return a `ResponseValue` with a decoded body, without one, and
//!   with the body as a stream.
//!
//! A method that does not have the expected form is an error, so that a new version of progenitor cannot change what is
//! sent unnoticed.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    Block, Error, Expr, ExprMethodCall, Fields, ImplItem, ImplItemFn, Item, ItemImpl, ItemStruct, LitStr, Macro,
    Member, Result, Stmt, Token, parse::Parser, parse_quote, punctuated::Punctuated,
};

/// Shortens the client. `operations` are the ids of the operations in the order of their table, which is at `table`.
pub fn shorten(code: syn::File, operations: &[&str], table: &syn::Path) -> Result<TokenStream> {
    let mut client = TokenStream::new();
    for item in code.items {
        match item {
            // The models are a module of their own, `prelude` only re-exports the client, and the constant asserts that
            // there are hooks.
            Item::Mod(_) | Item::Const(_) => {}
            Item::Struct(item) => without_base_url(item).to_tokens(&mut client),
            Item::Impl(mut item) if item.trait_.is_some() => {
                base_url_of_transport(&mut item);
                item.to_tokens(&mut client);
            }
            Item::Impl(mut item) => {
                // The constructors. There is a client only where there is a transport.
                item.items.retain(|item| !matches!(item, ImplItem::Fn(method) if method.sig.asyncness.is_none()));
                for item in &mut item.items {
                    if let ImplItem::Fn(method) = item {
                        shorten_method(method, operations, table)?;
                    }
                }
                item.to_tokens(&mut client);
            }
            item => item.to_tokens(&mut client),
        }
    }
    Ok(client)
}

fn without_base_url(mut client: ItemStruct) -> ItemStruct {
    if let Fields::Named(fields) = &mut client.fields {
        let kept = fields.named.iter().filter(|field| field.ident.as_ref().is_none_or(|name| name != "baseurl"));
        fields.named = kept.cloned().collect();
    }
    client
}

/// Lets `ClientInfo::baseurl` ask the transport.
fn base_url_of_transport(item: &mut ItemImpl) {
    for item in &mut item.items {
        if let ImplItem::Fn(method) = item
            && method.sig.ident == "baseurl"
        {
            method.block = parse_quote!({ self.inner.base_url() });
        }
    }
}

fn shorten_method(method: &mut ImplItemFn, operations: &[&str], table: &syn::Path) -> Result<()> {
    let name = method.sig.ident.to_string();
    let unexpected = |what: &str| Error::new(method.sig.ident.span(), format!("method {name} {what}"));
    let index = operations.iter().position(|id| *id == name).ok_or_else(|| unexpected("is not an operation"))?;
    let statements = &method.block.stmts;
    let info = statements.iter().position(|statement| is_let(statement, "info"));
    let (request, response) = statements.split_at(info.ok_or_else(|| unexpected("has no operation info"))?);

    let response = quote!(#(#response)*).to_string();
    let kinds = [("from_response", quote!(json)), ("empty", quote!(empty)), ("stream", quote!(stream))];
    let mut kinds = kinds.iter().filter(|(name, _)| response.contains(&format!("ResponseValue :: {name}")));
    let (Some((_, send)), None) = (kinds.next(), kinds.next()) else {
        return Err(unexpected("must have one kind of response"));
    };
    let [url, _, version, headers @ .., build] = request else { return Err(unexpected("does not build a request")) };
    let is_expected = is_let(&request[0], "url") && is_let(&request[1], "header_map") && is_let(build, "request");
    if !is_expected || !version.to_token_stream().to_string().contains("\"api-version\"") {
        return Err(unexpected("does not start with its URL and headers"));
    }
    let url = url_of(url).ok_or_else(|| unexpected("does not format its URL"))?;
    let request = built(build).ok_or_else(|| unexpected("does not build a request"))?;
    let request = if headers.is_empty() {
        without_headers(request).ok_or_else(|| unexpected("does not set its headers"))?
    } else {
        request
    };
    let map = (!headers.is_empty()).then(|| quote!(let mut header_map = ::reqwest::header::HeaderMap::new();));
    // The inner block ends what is only needed to build the request, so that the future does not contain it.
    let body: Block = parse_quote!({
        let request = {
            let url = #url;
            #map
            #(#headers)*
            #request
        };
        self.inner.#send(&self.client, &#table[#index], request).await
    });
    method.block = body;
    Ok(())
}

fn is_let(statement: &Stmt, name: &str) -> bool {
    let Stmt::Local(local) = statement else { return false };
    matches!(&local.pat, syn::Pat::Ident(pattern) if pattern.ident == name)
}

/// Returns the URL of `let url = format!("{}/path/{}", self.baseurl, parameter);`.
fn url_of(statement: &Stmt) -> Option<TokenStream> {
    let Expr::Macro(expr) = built(statement)? else { return None };
    let (path, parameters) = path_and_parameters(&expr.mac)?;
    Some(if parameters.is_empty() {
        quote!(self.inner.url(#path))
    } else {
        quote!(self.inner.url(&format!(#path, #(#parameters),*)))
    })
}

fn path_and_parameters(format: &Macro) -> Option<(LitStr, Vec<Expr>)> {
    let arguments = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(format.tokens.clone()).ok()?;
    let mut arguments = arguments.into_iter();
    let Some(Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. })) = arguments.next() else { return None };
    let Some(Expr::Field(base)) = arguments.next() else { return None };
    let is_base = matches!(&base.member, Member::Named(name) if name == "baseurl");
    let value = text.value();
    let path = value.strip_prefix("{}").filter(|path| path.starts_with('/') && is_base)?;
    Some((LitStr::new(path, text.span()), arguments.collect()))
}

/// Returns the value of a `let`.
fn built(statement: &Stmt) -> Option<Expr> {
    let Stmt::Local(local) = statement else { return None };
    Some((*local.init.as_ref()?.expr).clone())
}

/// Removes `.headers(header_map)` from `….headers(header_map).build()?`.
fn without_headers(mut request: Expr) -> Option<Expr> {
    let Expr::Try(tried) = &mut request else { return None };
    let Expr::MethodCall(build) = &mut *tried.expr else { return None };
    let Expr::MethodCall(ExprMethodCall { method, receiver, .. }) = &*build.receiver else { return None };
    if method != "headers" {
        return None;
    }
    let receiver = receiver.clone();
    build.receiver = receiver;
    Some(request)
}
