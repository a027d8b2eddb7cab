"""What apps show as this node's privacy policy: what the program itself keeps, sends and forgets, in both languages.

It says what the code does; whoever runs a node answers for the rest. A change of one is a change of the other.
"""

from typing import Final

PRIVACY_SINCE: Final = "2026-11-27T00:00:00.000Z"

PRIVACY: Final = """
<h2>このサーバーが預かるもの</h2>
<ul>
<li>書いた投稿、プロフィール、画像、フォロー、反応、通報。画像は作り直して保存し、撮影場所などの情報は残しません。</li>
<li>メールアドレスは暗号化して保存し、だれにも見せません。パスワードは元に戻せない形でだけ保存します。</li>
<li>ログインしたブラウザの種類と、最後に使った日。ネットワークのアドレスは、使いすぎを防ぐ回数の計算にだけ使い、そのままの形では保存しません。</li>
</ul>
<h2>どこへ届くか</h2>
<ul>
<li>公開の投稿は、フォローしている人のサーバーにも送られます。消すとその知らせも送りますが、ほかのサーバーの写しがすべて消えるとは約束できません。</li>
<li>「エリアの人だけ」の投稿は、このサーバーの外へ送りません。</li>
<li>「相手だけ」の投稿は相手のサーバーに届きます。暗号化されないので、サーバーを管理する人には見えることがあります。</li>
<li>だれがだれをフォローしているかは、本人にしか見せません。</li>
<li>アプリの通知をオンにすると、通知はアプリだけが読めるように暗号化され、端末のメーカーなどのプッシュサービスを通ります。</li>
</ul>
<h2>しないこと</h2>
<p>広告、行動の分析、ほかの会社のプログラムの読み込みはしません。ほかのサーバーの画像は、このサーバーを通して表示します。</p>
<h2 lang="en">In English</h2>
<ul lang="en">
<li>Kept here: posts, profiles, pictures (made anew, without where they were taken), follows, reactions, reports. Mail
addresses are encrypted, passwords hashed. Of a sign-in: the kind of browser, and the day of its last use. Network
addresses serve to count requests, and are not stored as they are.</li>
<li>Public posts go to the servers of those who follow; a deletion is told to them, and cannot be forced on them. Posts
for the members of an area never leave this server. Messages reach the servers of those whom they name, unencrypted.
Who follows whom is shown to nobody else. Where an app is told of notifications, they go through the push service of the
device's maker, encrypted for the app alone.</li>
<li>No advertisements, no analysis of behaviour, nothing loaded from other companies. Pictures of other servers are
shown through this one.</li>
</ul>
""".strip()
"""HTML."""
