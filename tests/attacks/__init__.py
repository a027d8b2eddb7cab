"""The table of attacks, played against a server from outside: one test for each row, named for it.

The server under test is a real process, started as an operator starts it. `rig.p` is an honest server, `rig.e` an
attacker's; both follow the area, so both get its boosts. A row is an `async def` that runs where these two live:

    async def test_A06_digest_absent(rig: Rig) -> None:
        alice = rig.p.actor()                              # a new person at P; her document is served
        request = alice.unsigned(alice.create())           # a POST of a new public post that names the area
        alice.sign(request.drop("Digest"), names=("(request-target)", "host", "date"))
        async with rig.no_effect():                        # a canary proves that nothing came of it
            assert (await rig.send(request)).status == 401

    async def test_A35_rfc9421(rig: Rig) -> None:
        alice = rig.p.actor(summary="any property of the document")
        note = alice.note(content="<p>any property</p>", cc=[rig.adapter.area])
        request = alice.sign9421(alice.unsigned(alice.create(note)), created=1)   # any part can be wrong
        assert (await rig.send(request, via=rig.p)).status == 202                 # from P's address
        await rig.has_effect(note)                         # boosted to P and E, shown in the timeline

`rig.post(actor, activity)` is the honest way in one line. `rig.peer("bad")` is one more server of your own; with
`is_busy=True` where the row leaves work behind (a parked request is tried again later, while other rows are played).
`peer.answers[url_or_path]` is an `Answer`, or an async function `(request, writer)` that says or writes anything;
`peer.asked(url)`, `peer.requests`, `peer.received`, `await peer.until(lambda: …)` are what came. In the namespace,
`rig.resolver.records["name.test"]` is a list of addresses or a function that gives them, and `rig.new_dials(since)`
are the TCP connections that the server tried to open, by its own packets.

`await resident(rig)` (`rig.apps`) is somebody on the server with an app: `get`, `post`, `upload`, `publish`;
`stranger(rig)` an app without a token. `await signed_in(rig)` (`rig.browsers`) is somebody in a browser, on our own
server's pages.

A row parametrises inside itself, makes its own actors and posts, and never sleeps. Its marks: `both_fronts`, also
through nginx, for rows that something in front of the server can change; `namespace`, cannot be said on loopback;
`begins.with_args(play)`, `play(rig)` starts before the first row, and `await rig.begun[play]` waits for it.
`await rig.later(minutes=6)` moves the server's clock on. A status of 500 or more fails in `rig.send`; tracebacks in the
server's log fail the whole run. Strike the row out of waiting.toml. docs/attacks.md says how to run the suite, and
against other servers.
"""
