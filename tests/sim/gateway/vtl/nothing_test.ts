/**
 * Where the gateway is not Velocity: what a reference to nothing is. Each rule has a name and says
 * how it is known; Velocity's answers (velocity_test.ts) leave these templates out.
 *
 * Recorded: AWS answered so, in the snapshots of a public test suite (localstack/airspeed,
 * tests/test_templating.snapshot.json, 2023). Derived: follows from what was recorded, namely that
 * nothing is the empty text wherever it stands.
 */
import assert from "node:assert/strict";
import { render } from "./support.ts";

const body = '{"n":null,"e":"","list":["p",null],"m":{"x":null}}';

/** Rule: template -> text. */
const rules: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "recorded: nothing prints nothing, in every form": {
    "Hello $name": "Hello ",
    "Hello $!name": "Hello ",
    "[${name}|$!{name}]": "[|]",
    "[$user.name][$a.b.c][$a[0]][$a['b']]": "[][][][]",
  },
  "recorded: a null of the body is nothing": {
    "[$input.path('$.n')][$!input.path('$.n')][$input.path('$.m').x]": "[][][]",
    "#foreach($one in $input.path('$.list'))[$one]#end": "[p][]",
  },
  "recorded: what nothing has is nothing": {
    '#set($r=$input.path("$.nonExisting"))[$r][$r.nested]': "[][]",
    "#set($r = $input.path('$.n'))[$r][$r.nested][$r.a.b]": "[][][]",
    "[$foreach.index][$velocityCount]": "[][]",
  },
  "recorded: nothing equals the empty text and nothing else": {
    '#set($r=$input.path("$.nonExisting"))#if($r == $null)y#end#if($r == "")y#end': "yy",
    "#if($input.path('$.n') == '')y#{else}n#end": "y",
    "#if( $foo.bar.stuff != '')y#{else}n#end": "n",
    "#if($nothing == 'null')y#{else}n#end#if($nothing == 0)y#{else}n#end": "nn",
    "#if($nothing == false)y#{else}n#end": "n",
  },
  "recorded: nothing is true in a condition, as any text is": {
    "#if ($value) true #else false #end": " true ",
    "#if(${a.b.c})yes!#end#if($!{a.b.c})yes!#end": "yes!yes!",
    "#if( !$value )yes#end#if( not $value )yes#end": "",
    "#if(true && $value)y#end#if(false || $value)y#end": "yy",
    "#set($x = !$value)$x": "false",
    "#if($input.path('$.n'))y#end": "y",
  },
  "recorded: there is nothing to loop over": {
    "[#foreach($value in $values)foo#end]": "[]",
    "[#foreach($value in $input.path('$.n'))foo#end]": "[]",
  },
  "recorded: setting nothing empties": {
    "#set($a = 'x')#set($a = $input.path('$.n'))[$a]": "[]",
    "#set($a = 'x')#set($a = $undefined)[$a]": "[]",
    "#set($m = {'a': 1})#set($m.a = $undefined)$m": "{a=}",
  },
  "recorded: null is a word of the language": {
    "#set($m = {})#set($i = $m.put('k', null))#if(\"$m.k\" == '')no value#end": "no value",
  },
  "derived: the word null is nothing elsewhere too": {
    "#if($undefined == null)y#{else}n#end": "y",
    "#set($a = 'x')#set($a = null)[$a]": "[]",
    "#foreach($i in [null, 1])[$i]#end": "[][1]",
  },
  "recorded: a conversion of nothing is empty": {
    "[$util.urlEncode($input.body.x)]": "[]",
  },
  "derived: so is every other conversion of nothing": {
    "[$util.base64Encode($x.y)][$util.escapeJavaScript($x)][$util.urlDecode($x)]": "[][][]",
    "[$util.base64Decode($x)][$util.parseJson($x)][$util.base64Encode(null)]": "[][][]",
  },
  "recorded: a method on nothing gives nothing": {
    "[$x.length()][$x.foo.substring(1)][$!x.size()]": "[][][]",
    "#set($m = {})[$m.get('a')][$m.get('a').length()]": "[][]",
    "#set($s = 'abc')[$s.length][$s.substring('x')][$s.length().foo]": "[][][]",
  },
  "derived: nothing in a text between double quotes is empty": {
    '#set($b = 1)#set($x = "a$x.b")[$x]': "[a]",
    '#set($x = "a$nothing b ${nothing}c")[$x]': "[a b c]",
  },
  "derived: nothing as an argument or an index is the empty text": {
    "#set($s = 'abc')$s.contains($nothing)$s.equals($nothing)": "truefalse",
    "#set($m = {'a': 1})[$m.get($nothing)][$m[$nothing]]": "[][]",
    "#set($l = [1])[$l[$nothing]][$l.get($nothing)]": "[][]",
  },
  "derived: nothing is no number: it neither compares nor counts": {
    "#if($nothing < 1)y#{else}n#end#if($nothing >= 0)y#{else}n#end#if(1 > $nothing)y#{else}n#end":
      "nnn",
    "#set($a = 'x')#set($a = $nothing - 1)[$a]#set($a = 1 / 0)[$a]": "[][]",
    "#set($a = 'x' + $nothing)[$a]#set($a = $nothing + 'x')[$a]": "[x][x]",
    "[#foreach($i in [$nothing..3])$i#end]": "[]",
  },
  "derived: a backslash shows the reference, also of nothing": {
    "\\$nothing \\\\$nothing.": "$nothing \\.",
  },
};

for (const [rule, cases] of Object.entries(rules)) {
  Deno.test(`Nothing in a template, ${rule}`, () => {
    for (const [template, expected] of Object.entries(cases)) {
      assert.equal(render(template, body), expected, template);
    }
  });
}
