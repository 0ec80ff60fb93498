// The API as the pages call it: what a path answers follows from the stored OpenAPI file.

import type { components, paths } from "./openapi";

type Method = "get" | "post" | "put" | "patch" | "delete";

// A step of a path: one with a value in it, in the file or in a template string, is "{}".
type Step<S extends string> = string extends S ? "{}" : S extends `{${string}}` ? "{}" : S;
type Steps<P extends string> = P extends `${infer Head}/${infer Rest}` ? `${Step<Head>}/${Steps<Rest>}` : Step<P>;
type Routes = { [P in keyof paths & string as Steps<P>]: paths[P] };

type BodyOf<R> = R extends { content: infer C } ? C[keyof C] : null;
type Operation<P extends string, M extends Method> = Steps<P> extends keyof Routes ? Routes[Steps<P>][M] : never;

declare global {
  /** A body of the API by its name in the stored OpenAPI file. */
  type Schema<N extends keyof components["schemas"]> = components["schemas"][N];

  /** What the API answers to a method on a path that a page has written out. */
  type Reply<P extends string, M extends Method = "get"> =
    Operation<P, M> extends { responses: infer R } ? BodyOf<R[keyof R & (200 | 201 | 204)]> : unknown;

  /** A method as it is sent. */
  type ApiMethod = Uppercase<Method>;

  /** What stands behind the question mark; entries without a value are left out. */
  type Query = Record<string, string | number | boolean | null | undefined>;

  /** What is wrong with one field of what was sent. */
  type Fault = { loc?: (string | number)[]; msg: string; mend?: string };

  /** Who is signed in: whoever has the cookie has an account with a role and a name. */
  type Visitor = Schema<"Me"> & { role: Schema<"Role">; username: string };

  /** A name with its code, as lists and choices need them. */
  type NamedArea = { code: string; name: string };
}
