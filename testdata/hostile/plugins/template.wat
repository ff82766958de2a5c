;; A plugin for interface 0.1 by hand: the component around a core module.
;; The tests of the sandbox fill in the module and what it imports from the host.
(component
  {{host}}
  (core module $module
    {{module}})
  (core instance $guest (instantiate $module (with "host" (instance $host))))
  (alias core export $guest "memory" (core memory $memory))
  (alias core export $guest "cabi_realloc" (core func $realloc))

  ;; What crosses the boundary, as in wit/. An exported function may only use types that are exported as well.
  (type $span' (record (field "start" u32) (field "end" u32)))
  (export $span "span" (type $span'))
  (type $param' (record
    (field "depth" u32) (field "name" string) (field "args" (list string))
    (field "props" (list (tuple string string)))))
  (export $param "param" (type $param'))
  (type $rule' (record
    (field "index" u32) (field "id" string) (field "check" string) (field "params" (list $param))))
  (export $rule "rule" (type $rule'))
  (type $table' (record (field "name" string) (field "stride" u32) (field "cells" (list u32))))
  (export $table "table" (type $table'))
  (type $source' (record
    (field "path" string) (field "kind" string) (field "marks" (list string)) (field "data" string)
    (field "text-len" u32) (field "tables" (list $table))))
  (export $source "source" (type $source'))
  (type $applicability' (enum "safe" "unsafe" "manual"))
  (export $applicability "applicability" (type $applicability'))
  (type $edit' (record (field "span" $span) (field "replacement" string)))
  (export $edit "edit" (type $edit'))
  (type $fix' (record
    (field "title" string) (field "applicability" $applicability) (field "edits" (list $edit))))
  (export $fix "fix" (type $fix'))
  (type $label' (record (field "path" (option string)) (field "span" $span) (field "message" string)))
  (export $label "label" (type $label'))
  (type $finding' (record
    (field "rule" u32) (field "file" u32) (field "span" (option $span)) (field "node" (option u32))
    (field "message" string) (field "help" (option string)) (field "labels" (list $label))
    (field "fixes" (list $fix)) (field "key" (option string))
    (field "data" (list (tuple string string)))))
  (export $finding "finding" (type $finding'))
  (type $fact' (record (field "key" string) (field "value" string) (field "span" (option $span))))
  (export $fact "fact" (type $fact'))
  (type $report' (record (field "findings" (list $finding)) (field "facts" (list $fact))))
  (export $report "report" (type $report'))
  (type $file-facts' (record (field "path" string) (field "kind" string) (field "facts" (list $fact))))
  (export $file-facts "file-facts" (type $file-facts'))

  (func $configure (param "enabled" (list $rule)) (result (result (error string)))
    (canon lift (core func $guest "configure") (memory $memory) (realloc $realloc)
      (post-return (core func $guest "post-configure"))))
  (func $check (param "file" $source) (param "run" (list u32)) (result (result $report (error string)))
    (canon lift (core func $guest "check") (memory $memory) (realloc $realloc)
      (post-return (core func $guest "post-check"))))
  (func $check-project
    (param "files" (list $file-facts)) (param "run" (list u32))
    (result (result (list $finding) (error string)))
    (canon lift (core func $guest "check-project") (memory $memory) (realloc $realloc)
      (post-return (core func $guest "post-check-project"))))

  (instance $rules
    (export "configure" (func $configure))
    (export "check" (func $check))
    (export "check-project" (func $check-project)))
  (export "stockade:plugin/rules@0.1.0" (instance $rules)))
