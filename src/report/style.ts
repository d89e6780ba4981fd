/** The page's looks and its few lines of script: the chooser that shows one model at a time. */

const LIGHT = `--paper:#fdfcf9;--raised:#ffffff;--ink:#1d2126;--muted:#5f6770;--faint:#e2ded5;--accent:#0b5d8f;--before:#8a8f96;
--c1:#0072b2;--c2:#c45500;--c3:#00855f;--c4:#a8518a;--c5:#7a6a00;--c6:#2f2f2f`;
const DARK = `--paper:#15181c;--raised:#1b1f25;--ink:#e6e8ea;--muted:#9ba4ae;--faint:#323941;--accent:#7cc0ee;--before:#858c95;
--c1:#56b4e9;--c2:#f0913f;--c3:#3cc79c;--c4:#dd9cc6;--c5:#e5d04c;--c6:#d5d9dd`;

export const STYLE = `
:root{color-scheme:light dark;${LIGHT};--serif:"Iowan Old Style","Palatino Linotype",Palatino,"URW Palladio L",P052,Georgia,serif;
--sans:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;--mono:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
@media (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
html{scroll-padding-top:4rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 var(--sans)}
header,main,footer{max-width:74rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2.5rem;padding-bottom:1rem}
h1,h2,.headline{font-family:var(--serif);font-weight:600;line-height:1.2;text-wrap:balance}
h1{font-size:clamp(1.7rem,5vw,2.5rem);margin:0 0 .6rem;letter-spacing:-.01em}
h2{font-size:1.55rem;margin:0 0 .35rem}
h3{font-size:1rem;margin:2.2rem 0 .3rem;padding-top:.8rem;border-top:1px solid var(--faint)}
p{max-width:44rem;margin:.4rem 0 .8rem}
a{color:var(--accent)}
.lead{font-size:1.05rem}
.note,figcaption,.facts dt,footer{color:var(--muted);font-size:.875rem}
code{font-family:var(--mono);font-size:.86em;overflow-wrap:anywhere}
nav{position:sticky;top:0;z-index:2;background:var(--paper);border-bottom:1px solid var(--faint)}
nav>div{max-width:74rem;margin:0 auto;padding:.45rem 1.25rem;display:flex;gap:.3rem 1.1rem;align-items:center;overflow-x:auto;white-space:nowrap;font-size:.9rem}
nav a{color:var(--ink);text-decoration:none;padding:.15rem 0;border-bottom:2px solid transparent}
nav a:hover,nav a:focus-visible{border-color:var(--accent)}
nav label{margin-left:auto;color:var(--muted);display:none}
nav select{font:inherit;color:var(--ink);background:var(--raised);border:1px solid var(--faint);border-radius:.3rem;padding:.15rem .3rem;max-width:11rem}
.script nav label{display:block}
section{margin:0 0 3rem;padding-top:1.2rem}
.scroll{overflow-x:auto;margin:.8rem 0;max-width:100%}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}
th,td{padding:.38rem .75rem;text-align:right;white-space:nowrap;font-weight:400;border-bottom:1px solid var(--faint)}
thead th{color:var(--muted);font-size:.8rem;vertical-align:bottom;border-bottom-color:var(--muted)}
th.text,td.text{text-align:left}
th:first-child,td:first-child{padding-left:0}
tbody th{font-weight:600}
tr.baseline td,tr.baseline th{background:color-mix(in srgb,var(--faint) 35%,transparent)}
.what{display:block;white-space:normal;min-width:11rem;max-width:19rem;font-weight:400;font-size:.8rem;line-height:1.35;color:var(--muted)}
.bar{display:inline-block;width:7rem;height:.6rem;background:linear-gradient(var(--c1),var(--c1)) 0/var(--w) 100% no-repeat;vertical-align:baseline}
.grid{display:grid;gap:1.2rem 1.6rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,15.5rem),1fr));margin:.8rem 0}
.grid.two{grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr))}
figure{margin:0;min-width:0}
figure>strong{display:block;font-size:.875rem;margin-bottom:.2rem}
figcaption{line-height:1.4;margin-top:.2rem}
svg{display:block;max-width:100%;height:auto;font-family:var(--sans)}
.large svg{width:100%;max-width:33rem}
.key{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 .6em;border-radius:2px;vertical-align:-.05em}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr));gap:.7rem 1.2rem;margin:1rem 0 0}
.facts div{border-left:2px solid var(--faint);padding-left:.7rem}
.facts dt{line-height:1.3}
.facts dd{margin:0;font-size:1.12rem;font-variant-numeric:tabular-nums}
.facts small{display:block;color:var(--muted);font-size:.8rem}
.model{padding-top:1.8rem;border-top:3px solid var(--ink);margin-bottom:3.5rem}
.script .model{display:none}
.script .model.chosen,.script.all .model{display:block}
.confusion td,.confusion th{padding:.25rem .45rem;text-align:center;border:1px solid var(--paper);min-width:2.3rem}
.confusion td{background:color-mix(in srgb,var(--c2) calc(var(--a,0)*1%),transparent)}
.confusion td.right{background:color-mix(in srgb,var(--c1) 18%,transparent)}
.confusion tbody th{padding-left:0;text-align:right}
.images{display:flex;flex-wrap:wrap;gap:.8rem .7rem;margin:.8rem 0;padding:0;list-style:none}
.images li{width:5.2rem;font-size:.78rem;line-height:1.3;overflow-wrap:anywhere}
.images img,.filters img{image-rendering:pixelated;display:block}
.images img{width:100%;border:1px solid var(--faint)}
.images b{color:var(--c2);font-weight:600}
.filters img{width:100%;height:auto;max-width:24rem;background:var(--raised);border:1px solid var(--faint);padding:2px}
pre{font:.8rem/1.5 var(--mono);background:var(--raised);border:1px solid var(--faint);border-radius:.3rem;padding:.7rem .9rem;overflow:auto;max-height:24rem}
summary{cursor:pointer;color:var(--accent)}
ol.lineage{padding-left:1.3rem}
.wrong{border-left:3px solid var(--c2);padding:.1rem 0 .1rem .9rem}
footer{padding-top:1rem;padding-bottom:3rem;border-top:1px solid var(--faint);margin-top:2rem}
@media (max-width:30rem){header,main,footer{padding-left:1rem;padding-right:1rem}nav>div{padding:.45rem 1rem}.facts{grid-template-columns:1fr 1fr}
nav>div{gap:.3rem .8rem}nav .word{display:none}nav select{max-width:8.5rem}}
@media print{:root{color-scheme:light;${LIGHT};--paper:#fff}
@page{margin:14mm}
html{font-size:10pt}body{font-size:10pt}nav{display:none}header,main,footer{max-width:none;padding-left:0;padding-right:0}
.script .model{display:block}.model{break-before:page}
h2,h3{break-after:avoid}figure,.facts,.images li,tr,pre{break-inside:avoid}
.scroll{overflow:visible}table{font-size:6.8pt}thead th{font-size:6pt}th,td{padding:.2rem .22rem}.what{min-width:7rem;max-width:10rem;font-size:6pt}.bar{width:3.5rem}
.grid{grid-template-columns:repeat(3,1fr);gap:.8rem}.grid.two{grid-template-columns:1fr 1fr}
.confusion td,.confusion th{min-width:0;padding:.15rem .3rem}
pre{max-height:none;white-space:pre-wrap;overflow-wrap:anywhere}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;

/** Without it every model is shown, one below the other. */
export const SCRIPT = `
const root=document.documentElement,choice=document.getElementById('choice'),models=[...document.querySelectorAll('.model')];
const show=id=>{const known=models.some(m=>m.id===id);root.classList.toggle('all',!known);choice.value=known?id:'all';
for(const m of models)m.classList.toggle('chosen',m.id===id)};
const follow=()=>{const id=decodeURIComponent(location.hash.slice(1));if(models.some(m=>m.id===id)){show(id);document.getElementById(id).scrollIntoView()}};
root.classList.add('script');show(choice.dataset.first);
choice.onchange=()=>{show(choice.value);document.getElementById(choice.value==='all'?'models':choice.value).scrollIntoView()};
addEventListener('hashchange',follow);follow();
`;
