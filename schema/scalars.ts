import { GraphQLError } from "graphql";
import { builder } from "./builder.ts";
import { isUpload } from "./upload.ts";

builder.scalarType("DateTime", {
  description: "A time in UTC as ISO 8601 text with milliseconds, such as 2026-11-23T14:05:00.000Z.",
  serialize: (milliseconds) => new Date(milliseconds).toISOString(),
  parseValue: (value) => {
    const milliseconds = typeof value === "string" ? Date.parse(value) : NaN;
    if (Number.isNaN(milliseconds)) throw new GraphQLError("Cannot read a DateTime: wanted ISO 8601 text");
    return milliseconds;
  },
});

builder.scalarType("File", {
  description: "A file part of a multipart request (GraphQL multipart request specification); null in the JSON part.",
  serialize: () => {
    throw new GraphQLError("Cannot return a File: it is an input only");
  },
  parseValue: (value) => {
    if (!isUpload(value)) {
      throw new GraphQLError("Cannot use a File that is not a part of a multipart request: wanted an uploaded file");
    }
    return value;
  },
});

builder.scalarType("JSON", {
  description: "Any JSON value.",
  serialize: (value) => value,
});
