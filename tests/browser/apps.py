"""A client of somebody else's on an origin of its own: it registers, opens a small window, and asks who she is."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

PAGE = """<!doctype html><meta charset=utf-8><title>waiting</title><link rel=icon href="data:,">
<button id=start>sign in</button><script>
const server = new URLSearchParams(location.search).get('server');
const redirect = location.origin + '/callback';
const encode = bytes => btoa(String.fromCharCode(...bytes)).replaceAll('+','-').replaceAll('/','_').replace(/=+$/,'');
const form = values => ({method: 'POST', body: new URLSearchParams(values)});
document.getElementById('start').onclick = async () => {
  const window_ = open('', 'auth', 'width=400,height=640');
  const metadata = await (await fetch(server + '/.well-known/oauth-authorization-server')).json();
  const app = await (await fetch(metadata.app_registration_endpoint,
    form({client_name: '町のアプリ', redirect_uris: redirect, scopes: 'read write follow push'}))).json();
  const verifier = encode(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  const query = new URLSearchParams({response_type: 'code', client_id: app.client_id, redirect_uri: redirect,
    scope: 'read write follow push', state: 'x', code_challenge: encode(new Uint8Array(digest)),
    code_challenge_method: 'S256'});
  let isDone = false;
  addEventListener('message', async event => {
    isDone = true;
    const answer = new URLSearchParams(event.data);
    if (answer.get('error')) { document.title = answer.get('error'); return; }
    const token = await (await fetch(metadata.token_endpoint, form({grant_type: 'authorization_code',
      client_id: app.client_id, client_secret: app.client_secret, redirect_uri: redirect,
      code: answer.get('code'), code_verifier: verifier}))).json();
    const me = await (await fetch(server + '/api/v1/accounts/verify_credentials',
      {headers: {authorization: 'Bearer ' + token.access_token}})).json();
    document.title = 'signed in as ' + me.username;
  });
  const timer = setInterval(() => {
    if (window_.closed) { clearInterval(timer); setTimeout(() => { if (!isDone) document.title = 'closed'; }, 200); }
  }, 50);
  window_.location = metadata.authorization_endpoint + '?' + query;
};
</script>"""
CALLBACK = "<!doctype html><script>opener.postMessage(location.search, location.origin); close()</script>"


@asynccontextmanager
async def open_app() -> AsyncIterator[str]:
    """Serve the app; its origin."""

    async def page(request: Request) -> HTMLResponse:
        return HTMLResponse(CALLBACK if request.url.path == "/callback" else PAGE)

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    routes = [Route("/", page), Route("/callback", page)]
    config = uvicorn.Config(Starlette(routes=routes), lifespan="off", log_level="warning")
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    yield f"http://app.localhost:{listener.getsockname()[1]}"
    await server.shutdown(sockets=[listener])
