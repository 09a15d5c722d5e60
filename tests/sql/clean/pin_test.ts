/** clean/pin: every kind of dirt that the source has, and every mistake seen in cleaning it. */
import { checkModel } from "../checkmodel.ts";
import type { Value } from "../../../pipelines/warehouse/duckdb.ts";

const file = "sql/clean/pin.sql";

/** Each text of one column, in a row of its own, and what it becomes. */
function checkColumn(from: string, to: string, cases: [given: Value, expected: Value][]) {
  return checkModel(file, {
    given: {
      raw_pin: cases.map(([text], at) => ({
        index: String(at),
        unique_id: `u${at}`,
        [from]: text,
      })),
    },
    expect: cases.map(([, value], at) => ({ unique_id: `u${at}`, [to]: value })),
  });
}

Deno.test("clean/pin keeps every column of a whole post, each with its own cleaning", () =>
  checkModel(file, {
    given: {
      raw_pin: [{
        index: "7528",
        unique_id: "fbe53c66-3442-4773-b19e-d3ec6f54dddf",
        title: " A title ",
        description: "A long one…\u00a0",
        poster_name: "\u00a0Name | Name 🎨 ",
        follower_count: "124k",
        tag_list: "one,two words,three",
        is_image_or_video: "multi-video(story page format)",
        image_src: "https://i.example.com/a.jpg",
        downloaded: "1",
        save_location: "Local save in /data/mens-fashion",
        category: "mens-fashion",
      }],
    },
    expect: [{
      ind: 7528,
      unique_id: "fbe53c66-3442-4773-b19e-d3ec6f54dddf",
      title: "A title",
      description: "A long one…",
      follower_count: 124000,
      poster_name: "Name | Name 🎨",
      tag_list: "one,two words,three",
      is_image_or_video: "multi-video(story page format)",
      image_src: "https://i.example.com/a.jpg",
      save_location: "/data/mens-fashion",
      category: "mens-fashion",
    }],
  }));

Deno.test("clean/pin nulls the title's error text and blanks", () =>
  checkColumn("title", "title", [
    ["No Title Data Available", null],
    [" No Title Data Available\r\n", null],
    ["", null],
    [null, null],
    ["No Title Data Available here", "No Title Data Available here"],
  ]));

Deno.test("clean/pin nulls both forms of a missing description", () =>
  checkColumn("description", "description", [
    ["No description available Story format", null],
    ["No description available", null],
    ["No description available\u00a0", null],
    ["Untitled", "Untitled"],
    ["Art.", "Art."],
  ]));

Deno.test("clean/pin nulls the poster name of an error user", () =>
  checkColumn("poster_name", "poster_name", [["User Info Error", null], ["User", "User"]]));

Deno.test("clean/pin nulls the tag list that was joined character by character", () =>
  checkColumn("tag_list", "tag_list", [
    ["N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e", null],
    ["No,Tags", "No,Tags"],
  ]));

Deno.test("clean/pin nulls the image error, which ends in a full stop", () =>
  checkColumn("image_src", "image_src", [
    ["Image src error.", null],
    ["Image src error", "Image src error"],
    [null, null],
  ]));

Deno.test("clean/pin treats every column, not only the last", () =>
  checkModel(file, {
    given: {
      raw_pin: [{
        index: "1",
        unique_id: "",
        title: "",
        description: "",
        poster_name: "",
        follower_count: "",
        tag_list: "",
        is_image_or_video: "",
        image_src: "",
        save_location: "",
        category: "",
      }],
    },
    expect: [{
      ind: 1,
      unique_id: null,
      title: null,
      description: null,
      follower_count: null,
      poster_name: null,
      tag_list: null,
      is_image_or_video: null,
      image_src: null,
      save_location: null,
      category: null,
    }],
  }));

Deno.test("clean/pin nulls all six error texts of one broken row and keeps the rest", () =>
  checkModel(file, {
    given: {
      raw_pin: [{
        index: "9",
        title: "No Title Data Available",
        description: "No description available Story format",
        poster_name: "User Info Error",
        follower_count: "User Info Error",
        tag_list: "N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e",
        is_image_or_video: "multi-video(story page format)",
        image_src: "Image src error.",
        downloaded: "0",
        save_location: "Local save in /data/art",
        category: "art",
      }],
    },
    expect: [{
      ind: 9,
      title: null,
      description: null,
      poster_name: null,
      follower_count: null,
      tag_list: null,
      is_image_or_video: "multi-video(story page format)",
      image_src: null,
      save_location: "/data/art",
      category: "art",
    }],
  }));

Deno.test("clean/pin trims space, tab, CR, LF and U+00A0 at both ends, and nothing else", () =>
  checkColumn("title", "title", [
    [" \t\r\n\u00a0a b\u00a0\n\r\t ", "a b"],
    [" \t\r\n\u00a0", null],
    ["a\u00a0 b", "a\u00a0 b"],
    ["\u2003a\u200b", "\u2003a\u200b"],
    ["\u000ba\f", "\u000ba\f"],
  ]));

Deno.test("clean/pin multiplies by k, M and B, and keeps plain counts", () =>
  checkColumn("follower_count", "follower_count", [
    ["437", 437],
    ["1k", 1000],
    ["124k", 124000],
    ["985k", 985000],
    ["1M", 1000000],
    ["15M", 15000000],
    ["2B", 2000000000],
  ]));

Deno.test("clean/pin understands decimals, exactly, and rounds half a person up", () =>
  checkColumn("follower_count", "follower_count", [
    ["1.2M", 1200000],
    ["1.2k", 1200],
    ["0.5k", 500],
    ["4.35k", 4350],
    ["0.29M", 290000],
    ["2.14748364B", 2147483640],
    ["1.0005k", 1001],
    ["1.00049k", 1000],
    ["1.5", 2],
    ["1.123456789k", null], // more digits than a count can have
  ]));

Deno.test("clean/pin keeps zero followers: they are no missing value", () =>
  checkColumn("follower_count", "follower_count", [["0", 0], ["0k", 0], [" 0 ", 0]]));

Deno.test("clean/pin takes a suffix only at the end", () =>
  checkColumn("follower_count", "follower_count", [
    ["k12", null],
    ["1k2", null],
    ["12kk", null],
    ["12 k", null],
    ["12kM", null],
    ["Mark", null],
    ["k", null],
  ]));

Deno.test("clean/pin nulls what is no count, and one beyond 32 bits, and never fails", () =>
  checkColumn("follower_count", "follower_count", [
    ["User Info Error", null],
    ["2147483647", 2147483647],
    ["2147483648", null],
    ["3B", null],
    ["99999999999999999999999999999999999999999999M", null],
    ["-5", null],
    ["+5", null],
    ["1,200", null],
    ["1e3", null],
    ["1_000", null],
    ["0x10", null],
    [".5k", null],
    ["5.", null],
    ["12m", null],
    ["12K", null],
    ["１２", null],
    ["12\u2028", null],
    ["12k\u0085", null],
    ["NaN", null],
    ["Infinity", null],
    ["👍", null],
    ["a\u0000b", null],
  ]));

Deno.test("clean/pin strips the save location's prefix with its blank, at the front only", () =>
  checkColumn("save_location", "save_location", [
    ["Local save in /data/art", "/data/art"],
    [" Local save in /data/art\n", "/data/art"],
    ["Local save in  /data/art", "/data/art"],
    ["/data/Local save in /art", "/data/Local save in /art"],
    ["/data/art", "/data/art"],
    ["Local save in ", null],
    ["Local save in", null],
    ["local save in /data", "local save in /data"],
    [null, null],
  ]));

Deno.test("clean/pin renames index to ind and reads 32-bit integers only", () =>
  checkColumn("index", "ind", [
    ["0", 0],
    ["11153", 11153],
    [" 7 ", 7],
    ["007", 7],
    ["-1", -1],
    ["7528.0", 7528],
    ["2147483647", 2147483647],
    ["-2147483648", -2147483648],
    ["2147483648", null],
    ["99999999999999999999", null],
    ["7.5", null],
    ["7e3", null],
    ["seven", null],
    ["", null],
    [null, null],
  ]));

Deno.test("clean/pin returns one row per row: it neither drops nor repeats", () =>
  checkModel(file, {
    given: { raw_pin: [{ index: "1" }, { index: "1" }, { index: null }, { index: "x" }] },
    expect: [{ ind: 1 }, { ind: 1 }, { ind: null }, { ind: null }],
  }));
