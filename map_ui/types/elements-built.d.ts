// What `el` takes: listeners by the events they hear, and the attributes that pages write.

type Plain = string | number | boolean | null | undefined;

type Listeners = {
  [K in keyof GlobalEventHandlersEventMap as `on${K}`]?: (event: GlobalEventHandlersEventMap[K]) => unknown;
};

type Written =
  | "accept"
  | "alt"
  | "autocomplete"
  | "class"
  | "datetime"
  | "for"
  | "height"
  | "hidden"
  | "href"
  | "id"
  | "label"
  | "loading"
  | "maxlength"
  | "name"
  | "readonly"
  | "rel"
  | "required"
  | "role"
  | "rows"
  | "scope"
  | "src"
  | "tabindex"
  | "target"
  | "text"
  | "title"
  | "type"
  | "value"
  | "width";

type Attributes = Listeners & { [K in Written]?: Plain } & { [name: `data-${string}` | `aria-${string}`]: Plain };
