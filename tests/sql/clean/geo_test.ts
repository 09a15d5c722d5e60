/** clean/geo: coordinates, countries, and every spelling of a time. */
import { checkModel } from "../checkmodel.ts";
import { times } from "./times.ts";

const file = "sql/clean/geo.sql";

Deno.test("clean/geo reads every spelling of a time as UTC, and nulls what is none", () =>
  checkModel(file, {
    given: {
      raw_geo: times.map(([text], index) => ({ ind: String(index), timestamp: text })),
    },
    expect: times.map(([, instant], index) => ({ ind: index, timestamp: instant })),
  }));

Deno.test("clean/geo puts latitude before longitude, with all their digits", () =>
  checkModel(file, {
    given: {
      raw_geo: [
        { latitude: "-89.9787", longitude: "-173.293" },
        { latitude: " 0 ", longitude: "1e-05" },
        { latitude: "51.50735091", longitude: "-0.1" },
      ],
    },
    expect: [
      { coordinates: [-89.9787, -173.293] },
      { coordinates: [0, 0.00001] },
      { coordinates: [51.50735091, -0.1] },
    ],
  }));

Deno.test("clean/geo has no coordinates unless both are numbers", () =>
  checkModel(file, {
    given: {
      raw_geo: [
        { latitude: "1", longitude: null },
        { latitude: null, longitude: "1" },
        { latitude: "north", longitude: "1" },
        { latitude: "1,5", longitude: "1" },
        { latitude: "NaN", longitude: "1" },
        { latitude: "1", longitude: "Infinity" },
        { latitude: "1", longitude: "1e999" },
        { latitude: "1".repeat(400), longitude: "1" },
        { latitude: "0x10", longitude: "1d" },
        { latitude: "", longitude: "" },
      ],
    },
    expect: Array.from({ length: 10 }, () => ({ coordinates: null })),
  }));

Deno.test("clean/geo keeps country names as odd as they are", () => {
  const names = [
    "Cote d'Ivoire",
    "Antarctica (the territory South of 60 deg S)",
    "Svalbard & Jan Mayen Islands",
    "Korea",
    "Saint Helena, Ascension",
  ];
  return checkModel(file, {
    given: { raw_geo: [...names.map((country) => ({ country: `${country} ` })), { country: " " }] },
    expect: [...names.map((country) => ({ country })), { country: null }],
  });
});

Deno.test("clean/geo has the columns ind, country, coordinates, timestamp, and a typed ind", () =>
  checkModel(file, {
    given: { raw_geo: [{ ind: "5" }, { ind: "2147483648" }, { ind: "1.5" }] },
    expect: [{ ind: 5 }, { ind: null }, { ind: null }],
  }));
