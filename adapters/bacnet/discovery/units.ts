import { engineeringUnits } from "../wire/vocabulary.ts";

/**
 * BACnet's engineering units as UCUM codes. What UCUM has no code for (currencies, "no units") maps to nothing, and a
 * point without a unit says less than one with a wrong one.
 */
export function ucumOf(unit: number): string | undefined {
  return ucum[engineeringUnits.name(unit)];
}

/** The BACnet unit of a UCUM code, for points the gateway exposes; "no units" where there is none. */
export function unitOf(code: string | undefined): number {
  const name = Object.keys(ucum).find((word) => ucum[word] === code);
  return (name === undefined ? undefined : engineeringUnits.number(name)) ?? noUnits;
}

const noUnits = 95;

// prettier-ignore
const ucum: Readonly<Record<string, string>> = {
  "meters-per-second-per-second": "m/s2", "square-meters": "m2", "square-centimeters": "cm2", "square-feet": "[sft_i]", "square-inches": "[sin_i]",
  milliamperes: "mA", amperes: "A", "amperes-per-meter": "A/m", "amperes-per-square-meter": "A/m2", "ampere-square-meters": "A.m2",
  decibels: "dB", "decibels-millivolt": "dB[mV]", "decibels-volt": "dB[V]", farads: "F", henrys: "H", ohms: "Ohm", "ohm-meters": "Ohm.m",
  milliohms: "mOhm", kilohms: "kOhm", megohms: "MOhm", microsiemens: "uS", millisiemens: "mS", siemens: "S", "siemens-per-meter": "S/m",
  teslas: "T", volts: "V", millivolts: "mV", kilovolts: "kV", megavolts: "MV", "volt-amperes": "V.A", "kilovolt-amperes": "kV.A",
  "megavolt-amperes": "MV.A", "volt-amperes-reactive": "V.A{reactive}", "kilovolt-amperes-reactive": "kV.A{reactive}",
  "megavolt-amperes-reactive": "MV.A{reactive}", "volts-per-degree-kelvin": "V/K", "volts-per-meter": "V/m", "degrees-phase": "deg",
  "power-factor": "1", webers: "Wb", "ampere-seconds": "A.s", "volt-ampere-hours": "V.A.h", "kilovolt-ampere-hours": "kV.A.h",
  "megavolt-ampere-hours": "MV.A.h", "volt-ampere-hours-reactive": "V.A.h{reactive}", "kilovolt-ampere-hours-reactive": "kV.A.h{reactive}",
  "megavolt-ampere-hours-reactive": "MV.A.h{reactive}", "volt-square-hours": "V2.h", "ampere-square-hours": "A2.h", joules: "J",
  kilojoules: "kJ", "kilojoules-per-kilogram": "kJ/kg", megajoules: "MJ", "watt-hours": "W.h", "kilowatt-hours": "kW.h",
  "megawatt-hours": "MW.h", "watt-hours-reactive": "W.h{reactive}", "kilowatt-hours-reactive": "kW.h{reactive}",
  "megawatt-hours-reactive": "MW.h{reactive}", btus: "[Btu_IT]", "kilo-btus": "k[Btu_IT]", "mega-btus": "M[Btu_IT]", therms: "100000.[Btu_IT]",
  "ton-hours": "12000.[Btu_IT]", "joules-per-kilogram-dry-air": "J/kg", "kilojoules-per-kilogram-dry-air": "kJ/kg",
  "megajoules-per-kilogram-dry-air": "MJ/kg", "btus-per-pound-dry-air": "[Btu_IT]/[lb_av]", "btus-per-pound": "[Btu_IT]/[lb_av]",
  "joules-per-degree-kelvin": "J/K", "kilojoules-per-degree-kelvin": "kJ/K", "megajoules-per-degree-kelvin": "MJ/K",
  "joules-per-kilogram-degree-kelvin": "J/(kg.K)", newton: "N", "cycles-per-hour": "/h", "cycles-per-minute": "/min", hertz: "Hz",
  kilohertz: "kHz", megahertz: "MHz", "per-hour": "/h", "grams-of-water-per-kilogram-dry-air": "g/kg", "percent-relative-humidity": "%",
  micrometers: "um", millimeters: "mm", centimeters: "cm", kilometers: "km", meters: "m", inches: "[in_i]", feet: "[ft_i]",
  candelas: "cd", "candelas-per-square-meter": "cd/m2", "watts-per-square-foot": "W/[sft_i]", "watts-per-square-meter": "W/m2", lumens: "lm",
  luxes: "lx", "foot-candles": "lm/[sft_i]", milligrams: "mg", grams: "g", kilograms: "kg", "pounds-mass": "[lb_av]", tons: "t",
  "grams-per-second": "g/s", "grams-per-minute": "g/min", "kilograms-per-second": "kg/s", "kilograms-per-minute": "kg/min",
  "kilograms-per-hour": "kg/h", "pounds-mass-per-second": "[lb_av]/s", "pounds-mass-per-minute": "[lb_av]/min", "pounds-mass-per-hour": "[lb_av]/h",
  "tons-per-hour": "t/h", milliwatts: "mW", watts: "W", kilowatts: "kW", megawatts: "MW", "btus-per-hour": "[Btu_IT]/h",
  "kilo-btus-per-hour": "k[Btu_IT]/h", "joule-per-hours": "J/h", horsepower: "[HP]", "tons-refrigeration": "12000.[Btu_IT]/h", pascals: "Pa",
  hectopascals: "hPa", kilopascals: "kPa", millibars: "mbar", bars: "bar", "pounds-force-per-square-inch": "[psi]",
  "millimeters-of-water": "mm[H2O]", "centimeters-of-water": "cm[H2O]", "inches-of-water": "[in_i'H2O]", "millimeters-of-mercury": "mm[Hg]",
  "centimeters-of-mercury": "cm[Hg]", "inches-of-mercury": "[in_i'Hg]", "degrees-celsius": "Cel", "degrees-kelvin": "K",
  "degrees-kelvin-per-hour": "K/h", "degrees-kelvin-per-minute": "K/min", "degrees-fahrenheit": "[degF]", "degree-days-celsius": "Cel.d",
  "degree-days-fahrenheit": "[degF].d", "delta-degrees-fahrenheit": "[degF]", "delta-degrees-kelvin": "K", years: "a", months: "mo", weeks: "wk",
  days: "d", hours: "h", minutes: "min", seconds: "s", "hundredths-seconds": "cs", milliseconds: "ms", "newton-meters": "N.m",
  "millimeters-per-second": "mm/s", "millimeters-per-minute": "mm/min", "meters-per-second": "m/s", "meters-per-minute": "m/min",
  "meters-per-hour": "m/h", "kilometers-per-hour": "km/h", "feet-per-second": "[ft_i]/s", "feet-per-minute": "[ft_i]/min",
  "miles-per-hour": "[mi_i]/h", "cubic-feet": "[cft_i]", "cubic-meters": "m3", "imperial-gallons": "[gal_br]", milliliters: "mL", liters: "L",
  "us-gallons": "[gal_us]", "cubic-feet-per-second": "[cft_i]/s", "cubic-feet-per-minute": "[cft_i]/min", "cubic-feet-per-hour": "[cft_i]/h",
  "cubic-feet-per-day": "[cft_i]/d", "pounds-mass-per-day": "[lb_av]/d", "cubic-meters-per-second": "m3/s", "cubic-meters-per-minute": "m3/min",
  "cubic-meters-per-hour": "m3/h", "cubic-meters-per-day": "m3/d", "imperial-gallons-per-minute": "[gal_br]/min", "milliliters-per-second": "mL/s",
  "liters-per-second": "L/s", "liters-per-minute": "L/min", "liters-per-hour": "L/h", "us-gallons-per-minute": "[gal_us]/min",
  "us-gallons-per-hour": "[gal_us]/h", "degrees-angular": "deg", "degrees-celsius-per-hour": "Cel/h", "degrees-celsius-per-minute": "Cel/min",
  "degrees-fahrenheit-per-hour": "[degF]/h", "degrees-fahrenheit-per-minute": "[degF]/min", "joule-seconds": "J.s",
  "kilograms-per-cubic-meter": "kg/m3", "kilowatt-hours-per-square-meter": "kW.h/m2", "kilowatt-hours-per-square-foot": "kW.h/[sft_i]",
  "watt-hours-per-cubic-meter": "W.h/m3", "joules-per-cubic-meter": "J/m3", "megajoules-per-square-meter": "MJ/m2",
  "megajoules-per-square-foot": "MJ/[sft_i]", "mole-percent": "mol%", "newton-seconds": "N.s", "newtons-per-meter": "N/m",
  "parts-per-million": "[ppm]", "parts-per-billion": "[ppb]", "pascal-seconds": "Pa.s", percent: "%", "percent-obscuration-per-foot": "%/[ft_i]",
  "percent-obscuration-per-meter": "%/m", "percent-per-second": "%/s", "per-minute": "/min", "per-second": "/s", "psi-per-degree-fahrenheit": "[psi]/[degF]",
  radians: "rad", "radians-per-second": "rad/s", "revolutions-per-minute": "{rev}/min", "square-meters-per-newton": "m2/N",
  "watts-per-meter-per-degree-kelvin": "W/(m.K)", "watts-per-square-meter-degree-kelvin": "W/(m2.K)", "per-mille": "[ppth]",
  "grams-per-gram": "g/g", "kilograms-per-kilogram": "kg/kg", "grams-per-kilogram": "g/kg", "milligrams-per-gram": "mg/g",
  "milligrams-per-kilogram": "mg/kg", "grams-per-milliliter": "g/mL", "grams-per-liter": "g/L", "milligrams-per-liter": "mg/L",
  "micrograms-per-liter": "ug/L", "grams-per-cubic-meter": "g/m3", "milligrams-per-cubic-meter": "mg/m3", "micrograms-per-cubic-meter": "ug/m3",
  "nanograms-per-cubic-meter": "ng/m3", "grams-per-cubic-centimeter": "g/cm3", becquerels: "Bq", kilobecquerels: "kBq", megabecquerels: "MBq",
  gray: "Gy", milligray: "mGy", microgray: "uGy", sieverts: "Sv", millisieverts: "mSv", microsieverts: "uSv", "microsieverts-per-hour": "uSv/h",
  millirems: "m[REM]", "millirems-per-hour": "m[REM]/h", "decibels-a": "dB{A}", "nephelometric-turbidity-unit": "{NTU}", ph: "[pH]",
  "grams-per-square-meter": "g/m2", "minutes-per-degree-kelvin": "min/K",
};
